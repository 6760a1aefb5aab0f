/**
 * What people in the fediverse did: followed, liked, boosted.
 */

import { useState } from "preact/hooks";

import { dateTime } from "./format.js";
import { html } from "./html.js";
import { Paging, safeLink } from "./page_followers.js";
import { Answer, Badge, Card, Table } from "./parts.js";
import { usePolled } from "./state.js";
import { has, t } from "./words.js";

const PAGE = 50;
const OFTEN = 10000;

export function Interactions() {
  const [offset, setOffset] = useState(0);
  const polled = usePolled(`/api/admin/federation/actions?limit=${PAGE}&offset=${offset}`, OFTEN);
  return html`<${Card} intro=${t("interactions.intro")}>
    <${Answer} polled=${polled}>${(/** @type {any} */ { results, total }) => html`
      <${Table}
        label=${t("nav.interactions")}
        empty=${t("interactions.none")}
        columns=${[
          { name: "what", title: t("interactions.what") },
          { name: "who", title: t("interactions.who") },
          { name: "when", title: t("word.time") },
        ]}
        rows=${results.map((/** @type {any} */ each) => ({
          key: each.iri,
          cells: {
            what: html`<${Badge}>${has(`interactions.${each.type}`) ? t(`interactions.${each.type}`) : each.type}<//>`,
            who: html`<a href=${safeLink(each.actorIRI)} target="_blank" rel="noopener noreferrer">${each.actorIRI}</a>`,
            when: dateTime(each.timestamp),
          },
        }))}
      />
      <${Paging} offset=${offset} size=${PAGE} total=${total} onChange=${setOffset} />
    `}<//>
  <//>`;
}
