// Package lianmaiv1 is the API of Lianmai in Go, generated from the .proto files
// beside it: [MixServiceClient] drives mixes, [MixSpec] says what one shall be.
// `make proto` remakes it.
package lianmaiv1
