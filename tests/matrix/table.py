"""Who gets where: one row per address, written by hand, compared with what the portal does.

ADDRESS   its name.
THING     what stands in it, of one's own shop and of a foreign one (tests/matrix/world.py).
GET       whom it opens to, by role: c cashier, m store manager, f finance, a administrator,
          u auditor; * everybody who signed in; ! everybody; - it takes no such method.
          d: a paired device and nobody else.
          >: leads to the sign-in whoever comes; 404: nobody finds anything;
          401: nothing is signed as it has to be; *404, *405: whoever
          signed in is told so, the others are led to the sign-in.
          (c): may look for the thing and is closed to what stands here, or some of it.
WRITE     the same of POST, or of PATCH or PUT where the API has those. a:people: to no program.
REACH     any      the right is enough, wherever it is held
          shop     the thing's own shop; for anybody else there is no such thing (404)
          all      only a right that holds everywhere (403)
          shop,all no such thing at a foreign shop, and closed in one's own
          hidden   what is not one's own is seen only where the right holds everywhere (404)
          one/two  the one for GET, the other for WRITE

The pages of the administrator, which Django makes, have one row; `admin:*` is tried by itself.
"""

from dataclasses import dataclass
from functools import cache

TABLE = """
account_change_password              -             *      *          any
account_check                        account       -      a          shop,all
account_confirm_email                word          !      404        any
account_confirm_login_code           -             *      *          any
account_detail                       account       fau    -          shop
account_edit                         account       a      a          shop,all
account_email                        -             *      *          any
account_email_verification_sent      -             !      -          any
account_inactive                     -             !      -          any
account_key_activate                 account_key   -      a          shop,all
account_key_made                     account       -      a          shop,all
account_key_new                      account       a      a          shop,all
account_key_retire                   account_key   -      a          shop,all
account_list                         -             fau    -          any
account_login                        -             !      !          any
account_logout                       -             *      >          any
account_new                          -             a      a          all
account_reauthenticate               -             *      *          any
account_reset_password               -             !      !          any
account_reset_password_done          -             !      -          any
account_reset_password_from_key      two_words     !      !          any
account_reset_password_from_key_done -             !      -          any
account_set_password                 -             *      *          any
account_signup                       -             !      !          any
admin:*                              -             a      a          all
agent_token_edit                     agent_token   a      a          shop,all
agent_token_forget                   agent_token   -      a          shop,all
alipay_json_notify                   notice_key    -      401        any
alipay_notify                        notice_key    -      !          any
api-account-detail                   account       fau    a          shop/all
api-account-list                     -             fau    a          any/all
api-cancel-approve                   cancel        -      mfa:people shop
api-cancel-ask                       cancel        -      cmfa       shop
api-cancel-decline                   cancel        -      mfa        shop
api-cancel-detail                    cancel        cmfau  -          shop
api-cancel-list                      -             cmfau  cmfa       any
api-counter-detail                   counter       cmfau  ma         shop
api-counter-list                     -             cmfau  ma         any
api-discrepancy-book                 discrepancy   -      fa         all
api-discrepancy-detail               discrepancy   fau    -          all
api-discrepancy-list                 -             fau    -          all
api-discrepancy-resolve              discrepancy   -      fa         all
api-discrepancy-take                 discrepancy   -      fa         all
api-discrepancy-undo                 discrepancy   -      fa         all
api-docs                             -             *      *405       any
api-enrolment-ask                    enrolment     -      ma         shop
api-enrolment-detail                 enrolment     cmfau  ma         shop
api-enrolment-list                   -             cmfau  ma         any
api-enrolment-register               enrolment     -      ma         shop
api-lookup-detail                    lookup        cmfa   -          shop
api-lookup-list                      -             cmfa   cmfa       any
api-merchant-detail                  merchant      cmfau  ma         shop/shop,all
api-merchant-list                    -             cmfau  ma         any/all
api-merchant-registrant              merchant      -      ma         shop,all
api-notification-apply               notification  -      mfa        shop
api-notification-detail              notification  mfau   -          shop
api-notification-list                -             mfau   -          any
api-payment-ask                      payment       -      cmfa       shop
api-payment-detail                   payment       cmfau  -          shop
api-payment-end                      sale          -      cma        shop
api-payment-list                     -             cmfau  cma        any
api-qrcode-delete                    code          -      ma         shop
api-qrcode-detail                    code          cmfau  -          shop
api-qrcode-image-png                 code          cmfau  -          shop
api-qrcode-image-svg                 code          cmfau  -          shop
api-qrcode-list                      -             cmfau  ma         any
api-qrcode-restart                   code          -      ma         shop
api-qrcode-send-again                code          -      ma         shop
api-qrcode-stop                      code          -      ma         shop
api-refund-approve                   refund        -      mfa:people shop
api-refund-ask                       refund        -      cmfa       shop
api-refund-decline                   refund        -      mfa        shop
api-refund-detail                    refund        cmfau  -          shop
api-refund-list                      -             cmfau  cmfa       any
api-report-csv                       report        mfau   -          any
api-report-detail                    report        mfau   -          any
api-report-job-control               job           mfau   -          hidden
api-report-job-detail                job           mfau   -          hidden
api-report-job-file                  job           mfau   -          hidden
api-report-job-list                  -             mfau   -          any
api-report-list                      -             mfau   -          any
api-report-xlsx                      report        -      mfau       any
api-schema                           -             *      -          any
api-statement-detail                 statement     fau    -          all
api-statement-list                   -             fau    fa         all
api-statement-vouch                  statement     -      fa         all
api-store-detail                     store         cmfau  ma         shop
api-store-list                       -             cmfau  ma         any
approval_list                        -             mfa    -          any
cancel_approve                       cancel        -      mfa        shop
cancel_ask                           cancel        -      cmfa       shop
cancel_decline                       cancel        -      (c)mfa     shop
cancel_detail                        cancel        cmfau  -          shop
choose_language                      -             -      !          any
clinic                               -             a      a          all
code_decide                          code          -      ma         shop
code_delete                          code          -      ma         shop
code_detail                          code          cmfau  -          shop
code_fee                             code          -      ma         shop
code_image_png                       code          cmfau  -          shop
code_image_svg                       code          cmfau  -          shop
code_new                             counter       -      ma         shop
code_print                           code          ma     ma         shop
code_restart                         code          -      ma         shop
code_send_again                      code          -      ma         shop
code_standing                        code          cmfau  -          shop
code_stop                            code          -      ma         shop
counter_detail                       counter       cmfau  -          shop
counter_devices                      counter       ma     ma         shop
counter_edit                         counter       ma     ma         shop
counter_feed                         counter       cmfau  -          shop
counter_new                          store         ma     ma         shop
counter_real                         counter       cmfau  -          shop
counter_real_ask                     counter       -      cmfa       shop
counter_screen                       counter       cmfau  -          shop
counter_sell                         counter       cma    cma        shop
counter_shift                        counter       cmfau  -          shop
counter_silence                      counter       ma     ma         shop
day_close                            store         ma     ma         shop
day_detail                           day           fau    -          all
day_list                             -             fau    -          all
day_rows                             store         ma     -          shop
device_edit                          device        ma     ma         shop
device_feed                          -             d      -          any
device_pair                          -             !      !          any
device_pay                           -             d      d          any
device_pay_end                       -             -      d          any
device_revoke                        device        -      ma         shop
device_sale                          sale          d      -          shop
device_sale_end                      sale          -      d          shop
device_screen                        -             d      -          any
device_sell                          -             d      d          any
device_slip                          sale          d      -          shop
discrepancy_book                     discrepancy   -      fa         all
discrepancy_detail                   discrepancy   fau    -          all
discrepancy_list                     -             fau    -          all
discrepancy_resolve                  discrepancy   -      fa         all
discrepancy_resolve_alike            discrepancy   -      fa         all
discrepancy_take                     discrepancy   -      fa         all
discrepancy_undo                     discrepancy   -      fa         all
enrolment_edit                       enrolment     ma     ma         shop
enrolment_new                        counter       -      ma         shop
give_back                            payment       cmfa   cmfa       shop
giving_back_list                     -             cmfau  -          any
go_live_list                         -             fau    -          all
healthz                              -             !      -          any
home                                 -             cmfau  -          any
lookup_ask                           lookup        -      cmfa       shop
lookup_detail                        lookup        cmfa   -          shop
lookup_new                           -             cmfa   cmfa       any
merchant_edit                        merchant      ma     ma         shop,all
merchant_logo                        merchant      ma     ma         shop,all
merchant_logo_png                    merchant      cmfau  -          shop
merchant_logo_remove                 merchant      -      ma         shop,all
merchant_new                         -             ma     ma         all
merchant_print                       merchant      ma     ma         shop
merchant_registrant                  merchant      ma     ma         shop,all
metrics                              -             !      -          any
mfa_activate_totp                    -             *      *          any
mfa_authenticate                     -             *      *          any
mfa_deactivate_totp                  -             *404   *404       any
mfa_download_recovery_codes          -             *404   *404       any
mfa_generate_recovery_codes          -             *      *          any
mfa_index                            -             *      *405       any
mfa_reauthenticate                   -             *      *          any
mfa_view_recovery_codes              -             *404   *405       any
notification_apply                   notification  -      mfa        shop
notification_detail                  notification  mfau   -          shop
notification_list                    -             mfau   -          any
own_pin                              -             *      *          any
pairing_standing                     pairing       ma     -          shop
patrol                               -             cmfau  cmfau      any
payment_ask                          payment       -      cmfa       shop
payment_columns                      -             -      cmfau      any
payment_detail                       payment       cmfau  -          shop
payment_evidence                     payment       mfau   -          shop
payment_list                         -             cmfau  -          any
payment_note                         payment       -      cmfa       shop
payment_panel                        payment       cmfau  -          shop
payment_place                        payment       -      mfa        shop,all
payment_proof                        payment       mfau   -          shop
payment_real                         -             cmfau  -          any
payment_sale                         sale          cmfau  -          shop
payment_sale_end                     sale          -      cma        shop
payment_settle                       payment       -      mfa        shop
payment_shift                        payment       ma     ma         shop
payment_slip                         sale          cmfau  -          shop
payment_sums                         -             cmfau  -          any
print_run                            print_run     ma     -          shop
print_run_pdf                        print_run     ma     -          shop
print_take_down                      print         -      ma         shop
print_where                          print         -      ma         shop
quarantine_list                      -             mfau   -          all
quarantined_detail                   quarantined   mfau   -          all
readyz                               -             !      -          any
receipt                              receipt       !      -          any
refund_approve                       refund        -      mfa        shop
refund_ask                           refund        -      cmfa       shop
refund_decline                       refund        -      (c)mfa     shop
refund_detail                        refund        cmfau  -          shop
registration_ask                     reviewed      -      ma         shop
registration_detail                  reviewed      cmfau  -          shop
registration_list                    -             cmfau  -          any
registration_register                reviewed      -      ma         shop
registration_standing                reviewed      cmfau  -          shop
report_download                      report_file   mfau   mfau       any
report_job                           job           mfau   -          hidden
report_job_control                   job           mfau   -          hidden
report_job_file                      job           mfau   -          hidden
report_list                          -             mfau   -          any
report_show                          report        mfau   -          any
setup_check                          -             -      a          all
setup_guide                          -             fau    -          all
setup_key_copied                     -             -      a          all
shift_close                          shift         cma    cma        shop
shift_detail                         shift         cmfau  -          shop
shift_list                           -             cmfau  -          any
shift_open                           counter       -      cma        shop
shift_rows                           shift         cmfau  -          shop
statement_bytes                      statement     fau    -          all
statement_detail                     statement     fau    -          all
statement_fetch                      -             -      fa         all
statement_list                       -             fau    -          all
statement_upload                     -             fa     fa         all
statement_vouch                      statement     -      fa         all
store_detail                         store         cmfau  -          shop
store_edit                           store         ma     ma         shop
store_enrol                          store         -      ma         shop
store_hours                          store         ma     ma         shop
store_list                           -             cmfau  -          any
store_new                            -             ma     ma         all
store_print                          store         ma     ma         shop
unknown_desk                         -             cmfau  -          any
z_report                             z_report      cmfau  -          shop
z_report_list                        store         cmfau  -          shop
z_report_rows                        z_report      cmfau  -          shop
"""


@dataclass(frozen=True)
class Cell:
    """One method of an address: to whom it opens, and how far that reaches."""

    letters: str
    reach: str

    @property
    def is_there(self) -> bool:
        return self.letters != "-"

    @property
    def is_for_people(self) -> bool:
        return self.letters.endswith(":people")

    @property
    def is_for_devices(self) -> bool:
        return self.letters == "d"

    @property
    def says_to_all(self) -> str:
        """The one answer that everybody is given; empty where answers differ."""
        return {"!": "open", ">": "led to the sign-in", "404": "404", "401": "401"}.get(
            self.letters, ""
        )

    @property
    def says_to_signed_in(self) -> str:
        """The one answer that everybody who signed in is given; empty where answers differ."""
        if not self.is_there:
            return "405"
        alike = self.letters.startswith("*")
        return (self.letters.removeprefix("*") or "open") if alike else ""

    @property
    def is_as_one(self) -> bool:
        """Whether all who signed in are answered alike."""
        return bool(self.says_to_all or self.says_to_signed_in)

    @property
    def lets_in(self) -> str:
        """The roles it opens to."""
        return self._without_notes.partition(")")[2] or self._without_notes

    @property
    def lets_look(self) -> str:
        """The roles it opens to, and those that are closed out only beside the thing itself."""
        return self._without_notes.replace("(", "").replace(")", "")

    @property
    def _without_notes(self) -> str:
        return self.letters.partition(":")[0]


@dataclass(frozen=True)
class Row:
    """What is expected of one address."""

    name: str
    thing: str
    get: Cell
    write: Cell


@cache
def rows() -> dict[str, Row]:
    """The table by the names of addresses."""
    read = [_row(*line.split()) for line in TABLE.strip().splitlines()]
    assert len({row.name for row in read}) == len(read), "An address has two rows."
    return {row.name: row for row in read}


def _row(name: str, thing: str, get: str, write: str, reach: str) -> Row:
    of_get, _, of_write = reach.partition("/")
    return Row(name, thing, Cell(get, of_get), Cell(write, of_write or of_get))
