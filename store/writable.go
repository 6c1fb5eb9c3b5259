package store

// Writable returns why nothing can be changed any more, an ErrUnavailable: the disk
// refused a write. It asks nobody, and does not know of a disk that was not written to.
func (s *Store) Writable() error { return ended(s.server.words.writable) }
