// Package timeline turns what the sources know about a citizen's referrals into
// words that a worried person understands: where is my referral, what happens
// next, by when, who acts, and whom do I phone.
//
// It owns
//   - the wording: value sets of phrases, specialties, priorities, types and
//     organisation names, read once by [Load] from a file system of YAML files;
//   - the disclosure policy, which is applied in one place, before any word is
//     chosen: no label that tells of a suspected cancer reaches an answer unless
//     the policy says so, and other sensitive care is softened or hidden as the
//     policy asks;
//   - the timeline itself ([Build]) and the calendar file of one appointment
//     ([Calendar]);
//   - the words for what an observer saw: since when ([BuildWith]), how long a
//     wait is ([Waiting]) and what changed ([TellChanges]).
//
// The road of one referral through this package:
//
//	Facts -> referral.Merge     one referral per id, the others counted
//	      -> judge             show, soften or hide, from everything known
//	      -> booking, review   what the dates mean at this moment
//	      -> state             code, phase, who acts, which words
//	      -> sightings, wait   since when, and whether that is long
//	      -> Referral, Events  words filled in, names cleaned and softened
//
// It is pure: no input or output but the file system given to [Load], no clock
// but the instant given to [Build] and [Calendar]. The same facts, in any order,
// give the same bytes. Strings in facts are hostile until cleaned here.
//
// It must not know who the citizen is, which app asks, whether consent was given,
// how facts were fetched or how old they are. Of ours it imports internal/referral
// only.
//
// Neighbours: internal/patientcare makes facts; internal/aggregate merges sources
// and adds freshness; internal/history observes; internal/httpapi serves the
// answer; internal/organisation uses [ValueSets.OrganisationName]; package
// valuesets holds the embedded data.
package timeline
