// Package ical writes one appointment as a calendar file (RFC 5545).
//
// It owns the form of the file. The words come from internal/timeline, which
// applied the disclosure policy to them: a file names a place where one may be
// told, and no clinical word, because calendars are shared, synchronised and shown
// on locked screens.
//
// It must not know requests, sessions or consent. Only this package imports the
// iCalendar library. Neighbour: the handler of /v1/appointments/{id}/calendar.ics.
package ical
