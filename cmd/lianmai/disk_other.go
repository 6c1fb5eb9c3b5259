//go:build !unix

package main

import "errors"

// diskOf is not known here.
func diskOf(string) (free, size int64, err error) { return 0, 0, errors.ErrUnsupported }
