// Package template reads layout templates as operators write them, checks them, and
// turns them into what the engine draws.
//
// Its nouns:
//   - A text is JSON or YAML. [Parse] makes a message of it, [JSON] a text of a message.
//   - A [lianmaiv1.LayoutTemplate] is the message: the template as it is written, kept
//     and sent. template.proto says what each field may be.
//   - A [layout.Template] is what the engine draws. [Build] makes it of the message,
//     [FromLayout] goes back.
//   - A [Fault] is something that is wrong, a [Warning] something that is allowed but
//     perhaps not meant; both say where.
//   - [Pictures] knows the pictures that a template may name.
//
// Caveats:
//   - Everything that is wrong is told at once, as [Faults] in one error. [Load] reads
//     and builds in one go, so that one misspelt word does not hide what else is wrong.
//   - Shares that are written with six decimals or more are taken for the simplest
//     fraction that they stand for: 0.333333 is a third.
//   - `layouts` are checked on the template's canvas, upright if there are
//     `landscape_layouts` too; those are checked on the same canvas lying down.
//   - The time zones of clocks must be known to the program: a program for machines
//     without them imports time/tzdata.
package template
