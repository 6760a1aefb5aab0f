"""
Settings of what visitors see.
"""

from collections.abc import Mapping

from .. import checks, name_checks
from ..setting import Setting
from ..values import ExternalAction, SocialHandle

__all__ = [
    "SERVER_NAME",
    "SERVER_SUMMARY",
    "SERVER_TAGS",
    "SERVER_URL",
    "STREAM_TITLE",
    "EXTRA_PAGE_CONTENT",
    "OFFLINE_MESSAGE",
    "LOGO_PATH",
    "LOGO_UNIQUENESS",
    "OFFLINE_IMAGE_PATH",
    "SOCIAL_HANDLES",
    "EXTERNAL_ACTIONS",
    "CUSTOM_STYLES",
    "CUSTOM_JAVASCRIPT",
    "APPEARANCE_VARIABLES",
    "NSFW",
    "HIDE_VIEWER_COUNT",
    "DISABLE_SEARCH_INDEXING",
]

_WELCOME = """\
# A stream will go live here

- This page belongs to one streamer, and is served by **owncastd** from their own machine.
- Whoever runs it can put their own words here: the admin page has a field for them.
- While the stream is on you can watch and chat without an account.\
"""

SERVER_NAME = Setting(
    "server_name",
    str,
    lambda: "My live stream",
    checks.at_most(checks.MAX_LINE),
    api_name="instanceDetails.name",
)
SERVER_SUMMARY = Setting(
    "server_summary",
    str,
    lambda: "A new live stream. Its owner has not written about it yet.",
    checks.at_most(checks.MAX_LINE),
    api_name="instanceDetails.summary",
)
SERVER_TAGS = Setting(
    "server_metadata_tags",
    tuple[str, ...],
    lambda: ("live", "streaming"),
    name_checks.tags,
    api_name="instanceDetails.tags",
)
SERVER_URL = Setting("server_url", str, lambda: "", checks.public_url, api_name="yp.instanceUrl")
STREAM_TITLE = Setting(
    "stream_title",
    str,
    lambda: "",
    checks.at_most(checks.MAX_LINE),
    api_name="instanceDetails.streamTitle",
)
EXTRA_PAGE_CONTENT = Setting(
    "extra_page_content",
    str,
    lambda: _WELCOME,
    checks.at_most(checks.MAX_PAGE),
    api_name="instanceDetails.extraPageContent",
)
OFFLINE_MESSAGE = Setting(
    "custom_offline_message",
    str,
    lambda: "",
    checks.at_most(checks.MAX_PAGE),
    api_name="instanceDetails.offlineMessage",
)
#: Name of the logo's file in the data directory; where there is none, our own logo is shown.
LOGO_PATH = Setting(
    "logo_path", str, lambda: "logo.svg", name_checks.logo_file, api_name="instanceDetails.logo"
)
#: Another text after each upload, for addresses that are cached.
LOGO_UNIQUENESS = Setting("logo_uniqueness", str, lambda: "", checks.at_most(checks.MAX_LINE))
#: Name of the file of the picture that the player shows while there is no stream; empty for ours.
OFFLINE_IMAGE_PATH = Setting(
    "offline_image_path",
    str,
    lambda: "",
    name_checks.offline_image_file,
    api_name="instanceDetails.offlineImage",
)
SOCIAL_HANDLES: Setting[tuple[SocialHandle, ...]] = Setting(
    "social_handles",
    tuple[SocialHandle, ...],
    lambda: (),
    checks.social_handles,
    api_name="instanceDetails.socialHandles",
)
EXTERNAL_ACTIONS: Setting[tuple[ExternalAction, ...]] = Setting(
    "external_actions",
    tuple[ExternalAction, ...],
    lambda: (),
    checks.external_actions,
    api_name="externalActions",
)
CUSTOM_STYLES = Setting(
    "custom_styles",
    str,
    lambda: "",
    checks.at_most(checks.MAX_PAGE),
    api_name="instanceDetails.customStyles",
)
CUSTOM_JAVASCRIPT = Setting(
    "custom_javascript",
    str,
    lambda: "",
    checks.at_most(checks.MAX_PAGE),
    api_name="instanceDetails.customJavascript",
)
APPEARANCE_VARIABLES: Setting[Mapping[str, str]] = Setting(
    "custom_color_variable_values",
    dict[str, str],
    dict,
    checks.variables,
    api_name="instanceDetails.appearanceVariables",
)
NSFW = Setting("nsfw", bool, lambda: False, api_name="instanceDetails.nsfw")
HIDE_VIEWER_COUNT = Setting("hide_viewer_count", bool, lambda: False, api_name="hideViewerCount")
DISABLE_SEARCH_INDEXING = Setting(
    "disable_search_indexing", bool, lambda: False, api_name="disableSearchIndexing"
)
