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
