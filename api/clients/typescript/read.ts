// A client as an app developer writes one: made from the contract with the
// generator's defaults, read under TypeScript's strict rules.
import type { components, operations } from "./generated";

type Timeline = components["schemas"]["Timeline"];
type Problem = components["schemas"]["Problem"];
type Found = operations["getTimeline"]["responses"][200]["content"]["application/json"];
type Partly = operations["getTimeline"]["responses"][207]["content"]["application/json"];

/** What to show of one answer, in lines. */
export function lines(status: number, body: Found | Partly | Problem): string[] {
  if ("nextStep" in body) {
    return [body.title, body.detail, body.nextStep, body.signInUrl ?? ""];
  }
  const timeline: Timeline = body;
  const missing = timeline.notices.map((n) => n.message);
  const cards = timeline.referrals.map((r) => {
    const when: string | null | undefined = r.appointment?.displayDate;
    switch (r.state.code) {
      case "BOOKED":
        return `${r.state.title}: ${when ?? "date to come"}, ${r.contact.phone ?? r.contact.name}`;
      default: // a code that is new: its words came with it
        return `${r.state.title}: ${r.state.nextStep}`;
    }
  });
  const orphans = timeline.orphans.map((o) => `${o.title}: ${o.nextStep}`);
  const head = timeline.complete && status === 200 ? timeline.summary.text : "Some information is missing";
  return [head, ...missing, ...cards, ...orphans];
}
