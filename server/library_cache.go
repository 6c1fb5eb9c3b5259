package server

import "image"

// pictureCache keeps the pixels of pictures that were used last. The zero value is
// empty.
type pictureCache struct {
	refs   []string // the oldest use first
	images map[string]*image.NRGBA
	bytes  int
}

// maxCachedBytes bounds a pictureCache; one picture of 4096×4096 has 64 MiB.
const maxCachedBytes = 128 << 20

func (c *pictureCache) get(ref string) *image.NRGBA {
	img := c.images[ref]
	if img != nil {
		c.forget(ref)
		c.refs = append(c.refs, ref)
	}
	return img
}

func (c *pictureCache) put(ref string, img *image.NRGBA) {
	if c.images[ref] != nil || len(img.Pix) > maxCachedBytes {
		return
	}
	for c.bytes+len(img.Pix) > maxCachedBytes {
		oldest := c.refs[0]
		c.bytes -= len(c.images[oldest].Pix)
		delete(c.images, oldest)
		c.forget(oldest)
	}
	if c.images == nil {
		c.images = map[string]*image.NRGBA{}
	}
	c.images[ref] = img
	c.refs = append(c.refs, ref)
	c.bytes += len(img.Pix)
}

// forget takes ref out of the order of uses.
func (c *pictureCache) forget(ref string) {
	for i, other := range c.refs {
		if other == ref {
			c.refs = append(c.refs[:i], c.refs[i+1:]...)
			return
		}
	}
}
