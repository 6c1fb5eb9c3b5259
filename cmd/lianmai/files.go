package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
)

// standard stands for standard input, or output, in place of a file.
const standard = "-"

// readFile reads a file, or standard input for "-", of at most so many bytes.
func readFile(cmd *cobra.Command, path string, most int) ([]byte, error) {
	in, size, err := openFile(cmd, path)
	if err != nil {
		return nil, err
	}
	defer in.Close() // it was only read
	if size > int64(most) {
		return nil, fmt.Errorf("%d bytes; at most %d are allowed", size, most)
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err != nil {
		return nil, bare(err)
	}
	if len(data) > most {
		return nil, fmt.Errorf("more than %d bytes; at most so many are allowed", most)
	}
	return data, nil
}

// openFile opens a file, or standard input for "-". size is -1 when nobody knows it.
func openFile(cmd *cobra.Command, path string) (in io.ReadCloser, size int64, err error) {
	if path == standard {
		return io.NopCloser(cmd.InOrStdin()), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, bare(err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return f, info.Size(), nil
	}
	return f, -1, nil
}

// bare returns an error without the file's name, which stands in front of it anyway.
func bare(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// checkOutput refuses an output that a picture or a sound cannot go to.
func (c *client) checkOutput(cmd *cobra.Command, output string) error {
	switch {
	case output == "":
		return usagef("--output FILE is required")
	case output == standard && c.json:
		return usagef("--json and --output - would both write to standard output")
	case output == standard && isTerminal(cmd.OutOrStdout()):
		return usagef("--output -: a terminal cannot show it; send it to a file or a program")
	}
	return nil
}

// writeOutput lets write fill a file, or standard output for "-". A file that could not
// be filled is removed.
func writeOutput(cmd *cobra.Command, output string, write func(io.Writer) error) error {
	if output == standard {
		return write(cmd.OutOrStdout())
	}
	f, err := os.Create(output)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = write(f)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil && info != nil && info.Mode().IsRegular() {
		_ = os.Remove(output) // half of it is of no use
	}
	return err
}
