package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// completeTrack offers ids for the first argument and that mix's tracks for the second.
func (c *client) completeTrack(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return c.completeID(cmd, args, typed)
	}
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := slices.DeleteFunc(c.trackNames(cmd, args), func(name string) bool { return !strings.HasPrefix(name, typed) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// trackNames returns the names of the tracks of the mix in the first argument; none when
// it cannot.
func (c *client) trackNames(cmd *cobra.Command, args []string) []string {
	resp, err := call(c.hurried(), completionContext(cmd), services.GetMix, &pb.GetMixRequest{Id: args[0]}, nil)
	if err != nil {
		return nil
	}
	var names []string
	for _, track := range resp.GetMix().GetSpec().GetMusic() {
		names = append(names, track.GetName())
	}
	return names
}

// sounds returns the names of the service's sounds; none when it cannot be asked.
func (c *client) sounds(cmd *cobra.Command, _ []string) []string {
	return c.assetNames(cmd, pb.AssetKind_ASSET_KIND_SOUND)
}
