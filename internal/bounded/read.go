// Package bounded reads files whose size nobody has checked yet.
package bounded

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrTooLarge is the error of a file that has more bytes than it may.
var ErrTooLarge = errors.New("the file is too large")

// tooLarge is an ErrTooLarge that names the file and the limit.
type tooLarge struct {
	path string
	most int
}

// Error names the file and the limit.
func (t tooLarge) Error() string { return fmt.Sprintf("%s is larger than %d bytes", t.path, t.most) }

// Is reports that target is ErrTooLarge.
func (t tooLarge) Is(target error) bool { return target == ErrTooLarge }

// ReadFile returns what a file has, of which no more than most bytes and one are read.
// Errors: ErrTooLarge, or those of package os.
func ReadFile(path string, most int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > most {
		return nil, tooLarge{path, most}
	}
	return text, nil
}
