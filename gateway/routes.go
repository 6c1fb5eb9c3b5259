package gateway

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// route is a method and the paths that have it.
type route struct {
	method string
	paths  *regexp.Regexp
}

// variable is a variable in a path of an annotation.
var variable = regexp.MustCompile(`\\\{[^/]+?\\\}`)

// routeOf returns the route of a method and a path with {variables}.
func routeOf(method, path string) route {
	pattern := variable.ReplaceAllLiteralString(regexp.QuoteMeta(path), "[^/]+")
	return route{method, regexp.MustCompile("^" + pattern + "$")}
}

// annotated returns the routes that the protos say, and the one that they cannot.
func annotated() []route {
	routes := []route{routeOf(http.MethodPost, "/v1/assets/{name}"), routeOf(http.MethodGet, "/openapi.json")}
	for _, file := range []protoreflect.FileDescriptor{
		pb.File_lianmai_v1_service_proto, pb.File_lianmai_v1_template_service_proto, pb.File_lianmai_v1_asset_service_proto,
	} {
		for i := range file.Services().Len() {
			verbs := file.Services().Get(i).Methods()
			for j := range verbs.Len() {
				if rule := ruleOf(verbs.Get(j)); rule != nil {
					routes = append(routes, routeOf(methodAndPath(rule)))
				}
			}
		}
	}
	return routes
}

// ruleOf returns what a verb's annotation says, or nil.
func ruleOf(verb protoreflect.MethodDescriptor) *annotations.HttpRule {
	rule, _ := proto.GetExtension(verb.Options(), annotations.E_Http).(*annotations.HttpRule)
	return rule
}

func methodAndPath(rule *annotations.HttpRule) (method, path string) {
	switch p := rule.Pattern.(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	}
	panic(fmt.Sprintf("gateway: a rule of kind %T", rule.Pattern)) // the protos are ours
}

// unrouted answers a request that no route takes.
func (g *gateway) unrouted(w http.ResponseWriter, r *http.Request, status int) {
	var allowed []string
	for _, route := range g.routes {
		if route.paths.MatchString(r.URL.Path) && !slices.Contains(allowed, route.method) {
			allowed = append(allowed, route.method)
		}
	}
	switch {
	case status == http.StatusBadRequest:
		refuse(w, r, status, codes.InvalidArgument, "the path is malformed")
	case len(allowed) == 0:
		refuse(w, r, http.StatusNotFound, codes.NotFound, "no such path; /openapi.json lists them")
	default:
		slices.Sort(allowed)
		list := strings.Join(allowed, ", ")
		w.Header().Set("Allow", list)
		refuse(w, r, http.StatusMethodNotAllowed, codes.Unimplemented, "this path takes "+list)
	}
}
