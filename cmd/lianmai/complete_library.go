package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// completeFiles offers files whose names end in one of endings.
func completeFiles(endings []string) cobra.CompletionFunc {
	bare := make([]string, len(endings))
	for i, ending := range endings {
		bare[i] = strings.TrimPrefix(ending, ".")
	}
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return bare, cobra.ShellCompDirectiveFilterFileExt
	}
}

// templates returns the names of the service's templates; the built-in ones when it
// cannot be asked.
func (c *client) templates(cmd *cobra.Command, _ []string) []string {
	resp, err := call(c.hurried(), completionContext(cmd), services.ListTemplates, &pb.ListTemplatesRequest{PageSize: 500}, nil)
	if err != nil {
		return layout.BuiltinNames()
	}
	var names []string
	for _, info := range resp.GetTemplates() {
		names = append(names, info.GetName())
	}
	return names
}

// assets returns the names of the service's pictures; none when it cannot be asked.
func (c *client) assets(cmd *cobra.Command, _ []string) []string {
	return c.assetNames(cmd, pb.AssetKind_ASSET_KIND_PICTURE)
}

// assetNames returns the names of the service's assets of one kind; none when it cannot
// be asked.
func (c *client) assetNames(cmd *cobra.Command, kind pb.AssetKind) []string {
	req := &pb.ListAssetsRequest{PageSize: 500, Kind: kind}
	resp, err := call(c.hurried(), completionContext(cmd), services.ListAssets, req, nil)
	if err != nil {
		return nil
	}
	var names []string
	for _, a := range resp.GetAssets() {
		names = append(names, a.GetName())
	}
	return names
}

// completeTemplate offers templates for the first argument.
func (c *client) completeTemplate(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return firstOf(c.templates, cmd, args, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeTemplateOrFile offers templates for the first argument, and files when no
// template begins like what is typed.
func (c *client) completeTemplateOrFile(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if names := firstOf(c.templates, cmd, args, typed); len(names) > 0 || len(args) > 0 {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return completeFiles(textFiles)(cmd, args, typed)
}

// firstOf returns the words that begin like what is typed, if it is the first argument.
func firstOf(words func(*cobra.Command, []string) []string, cmd *cobra.Command, args []string, typed string) []string {
	if len(args) > 0 {
		return nil
	}
	return slices.DeleteFunc(words(cmd, args), func(word string) bool { return !strings.HasPrefix(word, typed) })
}

// completePairs makes the shell offer NAME= for a flag, and then NAME=VALUE for each of
// values, which may be nil.
func completePairs(cmd *cobra.Command, flag string, names, values func(cmd *cobra.Command, args []string) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag,
		func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			var offered []string
			name, _, named := strings.Cut(typed, "=")
			switch {
			case !named:
				for _, name := range names(cmd, args) {
					if strings.HasPrefix(name, typed) {
						offered = append(offered, name+"=")
					}
				}
				return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
			case values != nil:
				for _, value := range values(cmd, args) {
					if word := name + "=" + value; strings.HasPrefix(word, typed) {
						offered = append(offered, word)
					}
				}
			}
			return offered, cobra.ShellCompDirectiveNoFileComp
		})
	if err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}
