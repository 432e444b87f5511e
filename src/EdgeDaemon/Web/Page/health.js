// The box itself: broker, disk, clock; and the banner when something stands in the way.

import { make, part } from "./dom.js";

/** Chips with the box's health. */
export function showHealth(device, states) {
  const { broker, storage } = device;
  const clocks = [...states.values()].map(s => s.state.clockSynchronised);
  const clock = clocks.includes(false) ? false : clocks.includes(null) ? null : true;
  const chips = [
    broker.connected ? ["good", "Broker connected"] : ["bad", `Broker: ${broker.errorText ?? "not connected yet"}`],
    storage.canWrite && storage.imagesAllowed ? ["good", "Storage healthy"] : ["bad", `Storage ${storage.condition.replaceAll("_", " ")}: ${storage.detail ?? ""}`],
    clock === null ? ["note", "Clock: not known whether it is right"] : clock ? ["good", "Clock synchronised"] : ["note", "Clock not synchronised: times may be wrong, verdicts are not"],
  ];
  if (storage.outboxRows > 0) chips.push(["unsure", `${storage.outboxRows} verdicts wait for the broker`]);
  part(document, "health").replaceChildren(...chips.map(([level, text]) => make("li", text, { "data-level": level })));
  part(document, "device").textContent = device.device;
  part(document, "clock").textContent = device.time.substring(11, 19) + " UTC";
  document.title = `${device.device} – ClipFusion`;
}

/** Says why the box does not inspect, or hides the banner when it does. Before the box was heard once nothing is old: the page is connecting. */
export function showBanner(lost, states) {
  if (lost !== null && states.size === 0) {
    const banner = part(document, "banner");
    banner.hidden = false;
    banner.dataset.level = "wait";
    banner.textContent = `… Connecting to the box: ${lost}. Trying again.`;
    return;
  }

  const banner = part(document, "banner");
  const waiting = [...states.values()].filter(s => !s.state.ready);
  document.body.classList.toggle("lost", lost !== null);
  banner.hidden = lost === null && waiting.length === 0;
  banner.dataset.level = lost === null ? "wait" : "bad";
  if (lost !== null) banner.textContent = `✕ What you see is old: ${lost}. Trying again.`;
  else banner.textContent = waiting.map(s => `! ${s.station} is not ready: ${s.state.errorText}`).join("  ");
}
