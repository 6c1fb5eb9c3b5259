// Package store keeps documents, pictures and sounds: versioned, durable, and readable
// while others write. It also keeps the records of mixes and what happened in them. It runs
// on NATS JetStream, by default on a server inside this process that listens nowhere and
// keeps its files in one directory; with [Config.URL] on servers elsewhere, which several
// processes share, each as a node.
//
// Its nouns:
//   - A [Kind] is a family of names, such as [Template], [Picture] or [Sound].
//   - A name has versions, numbered from 1. A [Version] never changes, and its number
//     is never used again, even after it was deleted.
//   - A blob is the data of one version, in JetStream's object store.
//   - A record is the list of a name's versions, in a key-value bucket, the index. It is
//     changed by compare-and-set, and it alone makes a version visible.
//   - A [MixRecord] is what is needed to run a mix again. It names the node that runs it,
//     and is changed by compare-and-set too.
//   - An [Event] is kept for an hour. [Store.Follow] tells events in their order, and goes
//     on after a restart where it was.
//   - A lease is the right to run as a node. It is renewed all the time; who is dead on this
//     machine is not waited for. A directory needs none: a lock says who uses it.
//
// A blob is announced in the index, then written, then named by a record; it is removed
// after the record no longer names it. Who dies in between leaves a blob that nobody
// names; [Open] removes it. A blob that nobody names and nobody announced means that the
// index is damaged; Open says so and removes nothing.
//
// Caveats:
//   - [Store.Put] and [Store.Get] are for data that fits into memory well; large data
//     streams through [Store.PutFrom] and [Store.Open], a MiB at a time.
//   - With [Config.Dir], an answer means that the data is on disk: the server flushes
//     every write. That is most of the time that a Put takes. The kernel's promise for
//     the directory entry of a new file is the filesystem's; ext4 and XFS keep it.
//   - One process at a time may use a directory; a lock file says who does.
//   - Config.MaxBytes counts what is kept. Space that was deleted is given back when a
//     file of JetStream's is half empty, so the directory may take up to twice as much.
//   - After the disk refused a write, nothing can be changed until the store is opened
//     anew, because JetStream stops. Reading goes on.
//   - nats-server's package puts profiling handlers on [net/http.DefaultServeMux]. Serve
//     nothing from that one.
package store
