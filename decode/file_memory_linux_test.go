package decode

import (
	"bytes"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// resident returns which pages of mem are in memory.
func resident(t *testing.T, mem []byte) []byte {
	t.Helper()
	size := os.Getpagesize()
	pages := make([]byte, len(mem)/size)
	if _, _, errno := syscall.Syscall(syscall.SYS_MINCORE, uintptr(unsafe.Pointer(&mem[0])), uintptr(len(mem)), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal(errno)
	}
	for i := range pages {
		pages[i] &= 1
	}
	return pages
}

func TestPagesOfZerosAreGivenBack(t *testing.T) {
	size := os.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 8*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Munmap(mem) }()
	clear(mem) // as FFmpeg does
	for i := range mem {
		mem[i] = 0 // writes, so that all pages are there
	}
	// The first and the last byte of pages, and pages that are only partly the block's.
	mem[2*size], mem[5*size-1] = 1, 2
	want := bytes.Clone(mem)

	giveBackZeros(mem[100 : 8*size-100])
	if got, want := resident(t, mem), []byte{1, 0, 1, 0, 1, 0, 0, 1}; !bytes.Equal(got, want) {
		t.Errorf("pages in memory %v, want %v", got, want)
	}
	if !bytes.Equal(mem, want) {
		t.Error("the memory holds something else now")
	}
	for i := range mem {
		mem[i] = byte(i)
	}
	if mem[3*size+7] != 7 {
		t.Error("what was given back cannot be written to")
	}
}

func TestGivingBackWhatIsLessThanAPage(t *testing.T) {
	mem := make([]byte, 100)
	giveBackZeros(mem)
	giveBackZeros(nil)
}
