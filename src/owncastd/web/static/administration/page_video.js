/**
 * How the video is offered: renditions, latency, encoder.
 */

import "./controls.js";
import "./renditions.js";
import { Setting, Settings, SettingsForm } from "./form.js";
import { html } from "./html.js";
import { Card } from "./parts.js";
import { t } from "./words.js";

export function Video() {
  return html`<${SettingsForm} label=${t("nav.video")}>
    <${Card} title=${t("setting.video/streamoutputvariants.label")}>
      <${Setting} path="video/streamoutputvariants" plain />
    <//>
    <${Card} title=${t("setting.video/streamlatencylevel.label")}>
      <${Setting} path="video/streamlatencylevel" plain />
    <//>
    <${Card} title=${t("setting.video/codec.label")}>
      <${Setting} path="video/codec" plain />
    <//>
    <${Card} title=${t("video.more")}>
      <${Settings}
        paths=${["video/reconnectgraceseconds", "video/encoderniceness", "ffmpegpath", "videoservingendpoint"]}
      />
    <//>
  <//>`;
}
