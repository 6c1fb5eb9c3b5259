//go:build unix

package main

import "syscall"

// diskOf returns the free bytes of the file system that dir is on, for this process,
// and its size.
func diskOf(dir string) (free, size int64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, 0, err
	}
	block := int64(fs.Bsize)
	return int64(fs.Bavail) * block, int64(fs.Blocks) * block, nil
}
