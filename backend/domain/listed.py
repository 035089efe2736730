"""Which mails come from systems that write to many: mailing lists, newsletters, trackers, sequences?

A mailing list that passes on a person's answer is no machine: list headers alone prove nothing.
"""

import re
from collections.abc import Mapping

from backend.domain.letters import refers
from backend.domain.mail import Mail
from backend.domain.mail_text import answer_prefix

Evidence = Mapping[str, str]

_LIST_HEADERS = (
    "List-Id",
    "List-Post",
    "Mailing-List",
    "X-Mailing-List",
    "X-BeenThere",
    "X-Mailman-Version",
    "X-Google-Group-Id",
    "X-ML-Name",
    "X-Sympa-To",
)
_HELD = re.compile(
    r"awaits moderator approval|held for (?:moderation|approval)|"
    r"post(?:ing)? (?:to .{1,80} )?(?:was )?(?:rejected|not allowed)|"
    r"you are not allowed to post|request to mailing list|message(?:s)? (?:to .{1,60} )?(?:is|was) being held|"
    r"(?:wartet auf|en attente d|en espera de|in attesa d|wacht op).{0,20}(?:moderat|best[äa]tigung|approba|aproba|"
    r"approva|goedkeuring)|zurückgehalten|modérateur|moderador|moderatore|"
    r"\bloop alert\b|message acknowledgement|post acknowledgement|results of your email command",
    re.IGNORECASE,
)


def from_list(mail: Mail) -> str:
    """Name the header that shows a mailing list; "" where there is none."""
    named = next((name for name in _LIST_HEADERS if mail.header(name)), "")
    return named or ("Sender" if mail.says("Sender").startswith("owner-") else "")


def administration(mail: Mail) -> Evidence | None:
    """Mailman and others about a post of ours: held, refused, acknowledged."""
    by_header = mail.says("X-List-Administrivia") == "yes" or mail.says("X-Mailman-Approved-At") == "administrivia"
    if _HELD.search(mail.subject) or (by_header and _HELD.search(mail.text[:2000])):
        if answer_prefix(mail.subject) and not by_header:
            return None
        return {"text": "held, refused or acknowledged"}
    return None


_TRACKERS = (
    "X-GitHub-Reason",
    "X-GitHub-Sender",
    "X-GitLab-Project",
    "X-GitLab-Project-Id",
    "X-GitLab-NotificationReason",
    "X-Bugzilla-Reason",
    "X-Bugzilla-Type",
    "X-Redmine-Host",
    "X-Redmine-Project",
    "X-Launchpad-Message-Rationale",
    "X-Launchpad-Bug",
    "X-Phabricator-Sent-This-Message",
    "X-Gerrit-MessageType",
    "X-Trac-Project",
    "X-Jenkins-Job",
    "X-Travis-Build",
    "X-Discourse-Post-Id",
    "X-Asana-Notification-Type",
    "X-LinkedIn-Id",
    "X-LinkedIn-Class",
    "X-Facebook-Notify",
    "X-Facebook",
    "X-Twitter-Templatename",
    "X-Slack-Message-Id",
    "X-Roundup-Name",
    "X-Basecamp-Notification",
    "X-Nextcloud-Notification",
)
_TRACKER_SENDERS = re.compile(
    r"^(?:notifications?|notify|noreply|no-reply|jira|bugzilla.*|gitlab|calendar-notification|drive-shares.*|"
    r"comments-noreply|"
    r"messages-noreply|invitations|updates?|digest)(?:[+-].*)?@",
    re.IGNORECASE,
)


def notification(mail: Mail) -> Evidence | None:
    """A tracker's or a network's notice, whose headers name the system."""
    named = next((name for name in _TRACKERS if mail.header(name)), "")
    if named:
        return {named: "present"}
    if mail.header("X-JIRA-FingerPrint") or mail.header("X-Atlassian-Token"):
        return {"X-JIRA-FingerPrint": "present"}
    return None


_CAMPAIGNS = (
    "X-Campaign",
    "X-CampaignId",
    "X-Campaign-Id",
    "X-Mailchimp-Campaign-Id",
    "X-MC-User",
    "X-Mandrill-User",
    "X-CSA-Complaints",
    "X-Mailgun-Tag",
    "X-HubSpot-Campaign",
    "X-Mailer-Campaign",
    "X-SFMC-Stack",
    "X-rpcampaign",
    "X-Klaviyo-Message-Id",
    "X-PM-Message-Id",
)


def mailing(mail: Mail) -> Evidence | None:
    """A newsletter or another mailing that nobody wrote to just one person.

    Forwarding services add Precedence: bulk to a person's answer too, and lists add List-Unsubscribe.
    """
    if refers(mail) and answer_prefix(mail.subject):
        return None
    unsubscribe = mail.header("List-Unsubscribe") and not (from_list(mail) and refers(mail))
    campaign = next((name for name in _CAMPAIGNS if mail.header(name)), "")
    if campaign and not unsubscribe and mail.told.quotes and mail.newest:
        return None  # somebody's answer, sent by a service that also sends campaigns
    if unsubscribe or campaign:
        return {campaign or "List-Unsubscribe": "present"}
    if mail.says("Precedence") in ("bulk", "junk") and not from_list(mail) and not answer_prefix(mail.subject):
        return {"Precedence": mail.says("Precedence")}
    if not refers(mail) and _TRACKER_SENDERS.match(mail.from_.address):
        return {"From": "a system's address"}
    return None
