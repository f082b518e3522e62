package subject

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Errors of [Name] and [Two].
var (
	ErrName      = errors.New("a name must have 2 to 60 characters and no digit")
	ErrOnePerson = errors.New("the one who acts and the one who approves must be two people")
)

// Name reads the name that somebody at the command line gives. Nobody proves it.
// Errors: ErrName.
func Name(text string) (string, error) {
	const shortest, longest = 2, 60
	name := oneLine(text)
	n := utf8.RuneCountInString(name)
	if n < shortest || n > longest || strings.ContainsAny(name, "0123456789") || namesByNumber(name) {
		return "", ErrName
	}
	return name, nil
}

// Two reads the names of the one who acts and of the one who approves. Errors: ErrName,
// ErrOnePerson.
func Two(operator, approver string) (names string, err error) {
	first, err := Name(operator)
	if err != nil {
		return "", err
	}
	second, err := Name(approver)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(first, second) {
		return "", ErrOnePerson
	}
	return fmt.Sprintf("%s, approved by %s", first, second), nil
}
