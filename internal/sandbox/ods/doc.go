// Package ods is the Organisation Data Terminology FHIR R4 API as far as names,
// telephone numbers and addresses of organisations and sites need it.
//
// It must not know more about a client than its apikey.
package ods
