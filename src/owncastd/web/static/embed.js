/**
 * The player alone, within the page of another site.
 */

import { Viewing, byId } from "./viewing.js";

new Viewing(byId("player")).start();
