package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// completionTimeout bounds how long a shell waits for names from the service.
const completionTimeout = time.Second

// complete makes the shell offer words for a flag. In a list (a,b,c) the words
// follow the last comma.
func complete(cmd *cobra.Command, flag string, words func(cmd *cobra.Command, args []string) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag,
		func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			before := typed[:strings.LastIndexByte(typed, ',')+1]
			var offered []string
			for _, word := range words(cmd, args) {
				if strings.HasPrefix(before+word, typed) {
					offered = append(offered, before+word)
				}
			}
			return offered, cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}

// completeFrom makes the shell offer fixed words for a flag.
func completeFrom(cmd *cobra.Command, flag string, words []string) {
	complete(cmd, flag, func(*cobra.Command, []string) []string { return words })
}

// completeID offers the ids of mixes for the first argument.
func (c *client) completeID(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	resp, err := call(c.hurried(), completionContext(cmd), services.ListMixes, &pb.ListMixesRequest{PageSize: 500}, nil)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	for _, mix := range resp.GetMixes() {
		if strings.HasPrefix(mix.GetId(), typed) {
			ids = append(ids, mix.GetId())
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// completeParticipant offers ids for the first argument and that mix's participants
// for the second.
func (c *client) completeParticipant(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.completeID(cmd, args, typed)
	}
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(c.participants(cmd, args), func(name string) bool { return !strings.HasPrefix(name, typed) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// participants returns the names of the participants of the mix in the first
// argument; none when it cannot.
func (c *client) participants(cmd *cobra.Command, args []string) []string {
	if len(args) == 0 {
		return nil
	}
	resp, err := call(c.hurried(), completionContext(cmd), services.GetMix, &pb.GetMixRequest{Id: args[0]}, nil)
	if err != nil {
		return nil
	}
	var names []string
	for _, p := range resp.GetMix().GetSpec().GetParticipants() {
		names = append(names, p.GetName())
	}
	return names
}

// hurried is c for completion.
func (c *client) hurried() *client {
	return &client{server: c.server, identity: c.identity, timeout: completionTimeout}
}

// completionContext returns cmd's context; while completing, a command may have none.
func completionContext(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
