"""
Values of settings that have more than one part.
"""

from attrs import field, frozen


@frozen
class SocialHandle:
    """
    A link to a profile of the streamer elsewhere.

    @ivar platform: such as C{mastodon}; one that is not known simply has no icon.
    """

    platform: str
    url: str


@frozen
class ExternalAction:
    """
    A button of the administrator's own beside the video.

    @ivar url: opened by the button, unless L{html} is given.
    @ivar html: shown by the button instead of a page.
    @ivar icon: URL of a picture.
    @ivar color: any CSS colour.
    @ivar open_externally: in a tab of its own instead of a dialog.
    """

    url: str = ""
    html: str = ""
    title: str = ""
    description: str = ""
    icon: str = ""
    color: str = ""
    open_externally: bool = False


@frozen
class S3Storage:
    """
    Where finished segments go instead of being served from here: any S3-compatible service.

    @ivar endpoint: URL of the service.
    @ivar acl: the canned ACL of what is stored, or empty for the bucket's own rule.
    @ivar path_prefix: put before each object's key.
    @ivar force_path_style: name the bucket in the path instead of the host.
    """

    enabled: bool = False
    endpoint: str = ""
    access_key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    bucket: str = ""
    region: str = ""
    acl: str = ""
    path_prefix: str = ""
    force_path_style: bool = False


@frozen
class Discord:
    """
    A Discord channel that is told when the stream is on.

    @ivar webhook: URL of the channel; whoever knows it can post there.
    """

    enabled: bool = False
    webhook: str = field(default="", repr=False)
    go_live_message: str = ""


@frozen
class BrowserPush:
    """
    Notifications to the browsers of viewers who asked for them.
    """

    enabled: bool = False
    go_live_message: str = ""


@frozen
class Email:
    """
    Mail to a list of people when the stream is on. The password is a setting of its own.

    @ivar host: the server that takes the mail for delivery.
    @ivar security: C{starttls}, C{tls} from the first byte on, or C{none}.
    @ivar username: empty where the server asks for none.
    @ivar sender: an address, as are the recipients.
    """

    enabled: bool = False
    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    go_live_message: str = ""


@frozen
class JSONPost:
    """
    A JSON document that is posted when the stream is on. What authorizes it is a setting of its
    own.

    @ivar url: may be a secret by itself, as those of chat services are.
    @ivar template: JSON whose texts have placeholders, such as C{{{title}}}.
    """

    enabled: bool = False
    url: str = field(default="", repr=False)
    template: str = ""
    go_live_message: str = ""
