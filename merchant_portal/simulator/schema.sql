CREATE TABLE IF NOT EXISTS partners (
    partner_id TEXT PRIMARY KEY,
    region TEXT NOT NULL CHECK (region IN ('global', 'hk')),
    sign_types TEXT NOT NULL,
    md5_key TEXT NOT NULL,
    merchant_public_key_pem TEXT NOT NULL,
    alipay_private_key_pem TEXT NOT NULL,
    seller_email TEXT NOT NULL,
    notify_with TEXT NOT NULL,
    services TEXT NOT NULL,
    answer_charset TEXT NOT NULL,
    refund_window_days INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS codes (
    qrcode TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL,
    secondary_merchant_id TEXT NOT NULL,
    store_key TEXT NOT NULL,
    with_fee INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'STOPPED', 'DELETED')),
    biz_data TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    charset TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS two_codes_at_most
    ON codes (partner_id, secondary_merchant_id, store_key, with_fee) WHERE state <> 'DELETED';
CREATE TABLE IF NOT EXISTS trades (
    trade_no TEXT PRIMARY KEY,
    out_trade_no TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    qrcode TEXT NOT NULL,
    biz_data TEXT NOT NULL,
    status TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    settlement_amount TEXT NOT NULL,
    settlement_currency TEXT NOT NULL,
    settlement_rate TEXT NOT NULL,
    discount TEXT NOT NULL,
    wallet TEXT NOT NULL,
    buyer_login TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    created_at REAL NOT NULL,
    paid_at REAL,
    refunded TEXT NOT NULL,
    UNIQUE (partner_id, out_trade_no)
);
CREATE TABLE IF NOT EXISTS refunds (
    refund_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    trade_no TEXT NOT NULL REFERENCES trades,
    out_biz_no TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('gateway', 'portal')),
    is_sync TEXT NOT NULL CHECK (is_sync IN ('Y', 'N')),
    notify_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PROCESSING', 'SUCCESS', 'FAIL')),
    accepted INTEGER NOT NULL,
    error TEXT NOT NULL,
    runs INTEGER NOT NULL,
    requested_at REAL NOT NULL,
    next_at REAL,
    refunded_at REAL,
    returned_at REAL,
    UNIQUE (partner_id, out_biz_no)
);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (state, next_at);
CREATE TABLE IF NOT EXISTS cancels (
    cancel_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    trade_no TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('close', 'refund', '')),
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    fee_returned INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('gateway', 'portal')),
    cancelled_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS cancels_by_trade ON cancels (trade_no);
CREATE TABLE IF NOT EXISTS notices (
    notice_id INTEGER PRIMARY KEY,
    notify_id TEXT NOT NULL UNIQUE,
    partner_id TEXT NOT NULL,
    trade_no TEXT NOT NULL,
    url TEXT NOT NULL,
    fields TEXT NOT NULL,
    sign_type TEXT NOT NULL,
    charset TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    created_at REAL NOT NULL,
    next_at REAL,
    prepared_body TEXT NOT NULL,
    last_status INTEGER,
    last_answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notices_due ON notices (state, next_at);
CREATE TABLE IF NOT EXISTS attempts (
    attempt_id INTEGER PRIMARY KEY,
    notice_id INTEGER NOT NULL REFERENCES notices,
    attempted_at REAL NOT NULL,
    body TEXT NOT NULL,
    status INTEGER,
    answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS mishaps (
    mishap_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    times INTEGER,
    service TEXT NOT NULL,
    partner_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS registrations (
    registration_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    secondary_merchant_id TEXT NOT NULL,
    store_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    status TEXT NOT NULL,
    reject_reason TEXT NOT NULL,
    approved INTEGER NOT NULL,
    submitted_at REAL NOT NULL,
    decided_at REAL,
    UNIQUE (partner_id, secondary_merchant_id, store_id)
);
CREATE INDEX IF NOT EXISTS trades_paid ON trades (partner_id, paid_at);
CREATE INDEX IF NOT EXISTS refunds_done ON refunds (partner_id, refunded_at);
CREATE INDEX IF NOT EXISTS refunds_by_trade ON refunds (trade_no);
CREATE INDEX IF NOT EXISTS cancels_made ON cancels (partner_id, cancelled_at);
CREATE TABLE IF NOT EXISTS terms (
    partner_id TEXT PRIMARY KEY,
    settlement_currency TEXT NOT NULL,
    fee_rate TEXT NOT NULL,
    fee_back TEXT NOT NULL CHECK (fee_back IN ('yes', 'no', 'in_proportion')),
    settlement_minimum TEXT NOT NULL,
    settlement_rule TEXT NOT NULL CHECK (settlement_rule IN ('working_days', 'daily', 'same_day')),
    holidays TEXT NOT NULL,
    idle_files INTEGER NOT NULL,
    sign_style TEXT NOT NULL
        CHECK (sign_style IN ('net_negative', 'all_negative', 'all_positive')),
    portal_refund_ids TEXT NOT NULL CHECK (portal_refund_ids IN ('own', 'payment')),
    files_folder TEXT NOT NULL,
    automatic_files INTEGER NOT NULL,
    closed_until TEXT NOT NULL,
    cny_rates TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settled (
    happening TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL,
    settled_on TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS settled_by_day ON settled (partner_id, settled_on);
CREATE TABLE IF NOT EXISTS statement_files (
    file_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transaction', 'settlement')),
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    rows INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    written_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS statement_files_by_name ON statement_files (partner_id, name);
CREATE TABLE IF NOT EXISTS file_faults (
    fault_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transaction', 'settlement')),
    seed INTEGER NOT NULL,
    times INTEGER
);
CREATE TABLE IF NOT EXISTS seeded_faults (
    seeded_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    file_name TEXT NOT NULL,
    happening TEXT NOT NULL,
    partner_trans_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    seeded_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS displaced (
    displaced_id INTEGER PRIMARY KEY,
    happening TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transaction', 'settlement')),
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL,
    payment_time TEXT NOT NULL,
    UNIQUE (happening, kind) ON CONFLICT REPLACE
);
CREATE TABLE IF NOT EXISTS late_files (
    late_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transaction', 'settlement')),
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    due_at REAL
);
CREATE TABLE IF NOT EXISTS payment_codes (
    digits TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    buyer TEXT NOT NULL,
    outcome TEXT NOT NULL,
    password_from TEXT NOT NULL,
    shown_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    used_for TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    order_id INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL,
    order_number TEXT NOT NULL,
    product TEXT NOT NULL CHECK (product IN ('barcode', 'order_code')),
    client_id TEXT NOT NULL,
    trade_no TEXT NOT NULL,
    qrcode TEXT NOT NULL,
    payment_code TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    settlement_currency TEXT NOT NULL,
    subject TEXT NOT NULL,
    shop TEXT NOT NULL,
    reference TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    passback TEXT NOT NULL,
    sign_type TEXT NOT NULL,
    charset TEXT NOT NULL,
    error TEXT NOT NULL,
    created_at REAL NOT NULL,
    code_expires_at REAL,
    expires_at REAL,
    decision TEXT NOT NULL,
    decide_at REAL,
    UNIQUE (partner_id, order_number)
);
CREATE INDEX IF NOT EXISTS orders_by_trade ON orders (trade_no);
CREATE INDEX IF NOT EXISTS orders_by_code ON orders (qrcode);
CREATE INDEX IF NOT EXISTS orders_decided ON orders (decide_at) WHERE decide_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS clients (
    client_id TEXT PRIMARY KEY,
    partner_id TEXT NOT NULL REFERENCES partners,
    alipay_private_key_pem TEXT NOT NULL,
    agent_token TEXT NOT NULL,
    settlement_currencies TEXT NOT NULL,
    merchant_regions TEXT NOT NULL,
    calls TEXT NOT NULL,
    notify_url TEXT NOT NULL,
    issued_with TEXT NOT NULL CHECK (issued_with IN ('U', 'S')),
    signature_word TEXT NOT NULL CHECK (signature_word IN ('SIGNATURE_INVALID', 'INVALID_SIGNATURE')),
    checks_request_time INTEGER NOT NULL,
    notifies_failures INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS agent_tokens (
    token_id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients,
    merchant_id TEXT NOT NULL,
    token TEXT NOT NULL,
    UNIQUE (client_id, merchant_id),
    UNIQUE (client_id, token)
);
CREATE TABLE IF NOT EXISTS client_keys (
    key_id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients,
    key_version TEXT NOT NULL,
    public_key_pem TEXT NOT NULL,
    UNIQUE (client_id, key_version)
);
