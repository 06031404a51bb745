"""How acquirers and integrators register stores at Alipay, and who stands behind a merchant."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.due import DueWork
from qrcodes.models.places import Enrolment, Merchant
from qrcodes.states import RegistrantType, ReviewCall, ReviewQuestion, ReviewState

_a_number = RegexValidator(r"\A[0-9+\- ]+\Z", _("Digits, +, - and blanks only."))


class Registrant(models.Model):
    """Who stands behind a merchant, as an acquirer tells Alipay.

    Page: global.alipay.com/docs/ac/global/offline_maintain.
    """

    merchant = models.OneToOneField(Merchant, on_delete=models.PROTECT, related_name="registrant")
    type = models.CharField(_("who it is"), max_length=10, choices=RegistrantType)
    registration_no = models.CharField(_("registration number"), max_length=64)
    register_country = models.CharField(
        _("country of registration"),
        max_length=2,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, HK for Hong Kong."))],
    )
    register_address = models.CharField(_("registered address"), max_length=200)
    contact_no = models.CharField(
        _("contact number"), max_length=64, blank=True, validators=[_a_number]
    )
    contact_email = models.EmailField(_("contact e-mail"), max_length=128, blank=True)
    representative_name = models.CharField(_("representative's name"), max_length=128, blank=True)
    representative_id = models.CharField(_("representative's id number"), max_length=64, blank=True)
    shareholder_name = models.CharField(_("shareholder's name"), max_length=128, blank=True)
    shareholder_id = models.CharField(_("shareholder's id number"), max_length=64, blank=True)
    settlement_no = models.CharField(_("settlement account number"), max_length=64, blank=True)
    cs_no = models.CharField(
        _("customer service number"), max_length=64, blank=True, validators=[_a_number]
    )
    cs_email = models.EmailField(_("customer service e-mail"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("registrant")
        verbose_name_plural = _("registrants")
        constraints = [
            models.CheckConstraint(
                condition=~Q(contact_no="") | ~Q(contact_email=""), name="registrant_is_reachable"
            ),
        ]

    def __str__(self) -> str:
        return str(self.merchant)


class Registration(DueWork):
    """An enrolment's store as Alipay is told about it, and where Alipay's review of it stands.

    It keeps the last answer as its state: a store that was approved stays open while Alipay
    reviews a change of it (``is_change_in_review``).
    """

    enrolment = models.OneToOneField(
        Enrolment, on_delete=models.PROTECT, related_name="registration"
    )
    state = models.CharField(
        _("review"), max_length=12, choices=ReviewState, default=ReviewState.UNREGISTERED
    )
    next_call = models.CharField(_("call owed"), max_length=8, choices=ReviewCall, blank=True)
    #: Alipay was told something about the store whose outcome is not known.
    asked_without_answer = models.BooleanField(default=False)
    #: Digest of what Alipay last took for review; empty: nothing we know of.
    told_digest = models.CharField(max_length=64, blank=True, editable=False)
    told_at = models.DateTimeField(_("told at"), null=True)
    is_change_in_review = models.BooleanField(_("a change is in review"), default=False)
    reject_reason = models.CharField(_("reason of the rejection"), max_length=200, blank=True)
    refusal = models.CharField(_("refusal"), max_length=200, blank=True)
    question = models.CharField(_("question"), max_length=15, choices=ReviewQuestion, blank=True)
    question_since = models.DateTimeField(_("question since"), null=True)

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.CheckConstraint(
                condition=Q(next_call="") | Q(next_attempt_at__isnull=False) | ~Q(question=""),
                name="registration_call_is_watched",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReviewState.IN_REVIEW)
                | Q(next_attempt_at__isnull=False)
                | ~Q(question=""),
                name="registration_review_is_watched",
            ),
            models.CheckConstraint(
                condition=Q(question="") | Q(question_since__isnull=False),
                name="registration_question_has_age",
            ),
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="registration_due")]

    def __str__(self) -> str:
        return str(self.enrolment.place)

    def get_absolute_url(self) -> str:
        return reverse("registration_detail", args=[self.enrolment_id])

    @property
    def is_under_way(self) -> bool:
        """Whether a call is owed that needs no person."""
        return bool(self.next_call) and not self.question

    @property
    def may_be_known(self) -> bool:
        """Whether Alipay knows, may know or is about to know the store by its ids."""
        return (
            self.state != ReviewState.UNREGISTERED
            or self.asked_without_answer
            or self.next_call == ReviewCall.REGISTER
        )


class RegistrationMove(models.Model):
    """One move of a registration along its states."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=12, choices=ReviewState, blank=True)
    to_state = models.CharField(max_length=12, choices=ReviewState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("move of a registration")
        verbose_name_plural = _("moves of a registration")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
