"""
Values of settings that have more than one part.
"""

from attrs import frozen


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
