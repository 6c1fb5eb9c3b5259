// Package admission says how many mixes a machine can carry, before it carries too many.
//
// Its nouns:
//   - A [Mix] is what is known of a mix before it runs; [Mix.Cost] is what it will take of
//     the machine, by coefficients that were measured.
//   - [Capacity] is what there is: the machine's, or less if a control group says so.
//   - A [Controller] holds what is in use against it. It learns from what running mixes
//     really take how fast this machine is.
//
// Caveats:
//   - The sizes of inputs are not known before they are pulled. What is zero is assumed
//     from the canvas; once a mix has run for a while, what was measured counts.
//   - It knows nothing of other programs on the machine: give it less capacity if there are.
package admission
