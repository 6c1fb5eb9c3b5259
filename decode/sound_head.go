package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// soundHead is what the first bytes of a file say that FFmpeg's demuxers do not pass on.
type soundHead struct {
	format string // demuxer, where it is plain; "" lets the content be probed
	wav    int64  // frames that a WAV promises; -1 if it says that it does not know, 0 for what is none
	mp4    mp4Times
	ogg    oggTail
	mp3    int64 // frames to be heard that an MP3's Xing or Info header promises; -1 without one
}

// maxID3 bounds how many ID3v2 tags in a row are passed over.
const maxID3 = 8

// readSoundHead looks at the start of a file. Errors: those of os.Open, ErrNotMedia for
// what is no ordinary file or is empty.
func readSoundHead(path string) (soundHead, error) {
	f, err := os.Open(path)
	if err != nil {
		return soundHead{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return soundHead{}, err
	}
	switch {
	case info.IsDir():
		return soundHead{}, fmt.Errorf("%w: %s is a folder", ErrNotMedia, path)
	case !info.Mode().IsRegular():
		return soundHead{}, fmt.Errorf("%w: %s is no ordinary file", ErrNotMedia, path)
	case info.Size() == 0:
		return soundHead{}, fmt.Errorf("%w: %s is empty", ErrNotMedia, path)
	}
	head := soundHead{mp3: -1}
	at := skipID3(f)
	var b [4096]byte
	n, err := f.ReadAt(b[:], at)
	if err != nil && err != io.EOF {
		return soundHead{}, err
	}
	start := b[:n]
	if at > 0 {
		head.format = formatBehindID3(start)
	}
	head.mp3 = mp3Length(start)
	switch {
	case bytes.HasPrefix(start, []byte("OggS")) && len(start) > 18:
		head.ogg = readOggTail(f, info.Size(), binary.LittleEndian.Uint32(start[14:]))
	case bytes.HasPrefix(start, []byte("RIFF")):
		var sane bool
		if head.wav, sane = wavLength(f, info.Size()); !sane {
			return soundHead{}, fmt.Errorf("%w: a part of %s is longer than the file", ErrNotMedia, path)
		}
	case len(start) > 8 && string(start[4:8]) == "ftyp":
		head.mp4 = readMP4Times(f, info.Size())
	}
	return head, nil
}

// skipID3 returns where the sound begins behind any ID3v2 tags (id3.org, ID3v2.4, 3.1). A
// tag may hold a picture of megabytes, too much for the format to be probed behind it.
func skipID3(f io.ReaderAt) (at int64) {
	for range maxID3 {
		var b [10]byte
		if _, err := f.ReadAt(b[:], at); err != nil || !bytes.HasPrefix(b[:], []byte("ID3")) {
			return at
		}
		size := int64(0)
		for _, v := range b[6:] {
			if v > 0x7f {
				return at
			}
			size = size<<7 | int64(v)
		}
		if b[5]&0x10 != 0 {
			size += 10 // a footer
		}
		at += 10 + size
	}
	return at
}

func formatBehindID3(b []byte) string {
	b = bytes.TrimLeft(b, "\x00")
	switch {
	case bytes.HasPrefix(b, []byte("fLaC")):
		return "flac"
	case len(b) < 2 || b[0] != 0xff || b[1]&0xe0 != 0xe0:
		return ""
	case b[1]&0xf6 == 0xf0: // layer 0 is no MPEG-1 layer: ADTS
		return "aac"
	default:
		return "mp3"
	}
}

// hasTag says whether a tag begins a little before an offset of a file: there are some in
// the middle where files have been joined.
func hasTag(path string, at int64) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const before, behind = 8192, 2048
	b := make([]byte, before+behind)
	n, err := f.ReadAt(b, max(0, at-before))
	if err != nil && err != io.EOF {
		return false
	}
	return bytes.Contains(b[:n], []byte("ID3\x03\x00")) || bytes.Contains(b[:n], []byte("ID3\x04\x00")) || bytes.Contains(b[:n], []byte("APETAGEX"))
}

// wavLength reads how many frames the head of a WAV of PCM promises. FFmpeg believes the
// size of the file instead. It returns -1 for what writers put that cannot go back to
// fill it in, and 0 where it cannot follow. A file of that size is sane if no list of
// tags goes on far beyond its end: FFmpeg would read nothing for seconds.
func wavLength(r io.ReaderAt, size int64) (frames int64, sane bool) {
	const maxChunks, roomForHead, maxBeyond = 1000, 1 << 16, 1 << 16
	align := int64(0) // bytes of a frame
	at := int64(12)
	for range maxChunks {
		var b [8 + 14]byte
		if n, _ := r.ReadAt(b[:], at); n < 8 {
			break
		}
		length := int64(binary.LittleEndian.Uint32(b[4:]))
		switch kind := string(b[:4]); {
		case kind == "fmt ":
			align = int64(binary.LittleEndian.Uint16(b[8+12:]))
		case kind == "data":
			// 0, 2 GB or 4 GB, less some head.
			if length == 0 || length > 1<<32-roomForHead || length <= 1<<31 && length > 1<<31-roomForHead {
				return -1, true
			}
			if align > 0 {
				frames = length / align
			}
		case length > size-at+maxBeyond:
			return frames, false
		}
		at += 8 + length + length&1
	}
	return frames, true
}

// mp3Length reads how many frames an MP3 promises in the header that LAME and others put
// into its first frame: what is coded, less the encoder's delay and padding. It returns
// -1 if there is no such header. FFmpeg does not believe it when the file is cut off.
func mp3Length(b []byte) int64 {
	b = bytes.TrimLeft(b, "\x00")
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe6 != 0xe2 { // sync, layer III
		return -1
	}
	perFrame, side := int64(1152), 32
	mono := b[3]>>6 == 3
	switch mpeg1 := b[1]&0x18 == 0x18; {
	case mpeg1 && mono:
		side = 17
	case !mpeg1 && mono:
		perFrame, side = 576, 9
	case !mpeg1:
		perFrame, side = 576, 17
	}
	x := b[min(len(b), 4+side):]
	if len(x) < 12 || string(x[:4]) != "Xing" && string(x[:4]) != "Info" {
		return -1
	}
	flags, at := x[7], 8
	if flags&1 == 0 {
		return -1
	}
	length := int64(binary.BigEndian.Uint32(x[at:])) * perFrame
	for i, size := range []int{4, 4, 100, 4} { // frames, bytes, table, quality
		if flags&(1<<i) != 0 {
			at += size
		}
	}
	if len(x) < at+24 {
		return length
	}
	if v := string(x[at : at+4]); v != "LAME" && v != "Lavf" && v != "Lavc" {
		return length
	}
	p := x[at+21:] // 12 bits of delay, 12 of padding
	return max(0, length-int64(p[0])<<4-int64(p[1])>>4-int64(p[1]&15)<<8-int64(p[2]))
}
