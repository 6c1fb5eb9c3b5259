package server

import (
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionalphapb "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// everybody is what needs no scope, and no token.
const everybody guard.Scope = 0

// scopes says what each call needs.
var scopes = map[string]guard.Scope{
	pb.MixService_StartMix_FullMethodName:            guard.Mix,
	pb.MixService_UpdateMix_FullMethodName:           guard.Mix,
	pb.MixService_UpdateLayout_FullMethodName:        guard.Mix,
	pb.MixService_SetParticipantState_FullMethodName: guard.Mix,
	pb.MixService_StopMix_FullMethodName:             guard.Mix,
	pb.MixService_PlayMusic_FullMethodName:           guard.Mix,
	pb.MixService_PauseMusic_FullMethodName:          guard.Mix,
	pb.MixService_ResumeMusic_FullMethodName:         guard.Mix,
	pb.MixService_SeekMusic_FullMethodName:           guard.Mix,
	pb.MixService_StopMusic_FullMethodName:           guard.Mix,
	pb.MixService_SetMusicGain_FullMethodName:        guard.Mix,
	pb.MixService_UpdateSound_FullMethodName:         guard.Mix,
	pb.MixService_GetMix_FullMethodName:              guard.Read,
	pb.MixService_ListMixes_FullMethodName:           guard.Read,
	pb.MixService_WatchMix_FullMethodName:            guard.Read,

	pb.TemplateService_UploadTemplate_FullMethodName: guard.Template,
	pb.TemplateService_DeleteTemplate_FullMethodName: guard.Template,
	// A preview takes the time of a processor, and draws what its caller sends.
	pb.TemplateService_PreviewTemplate_FullMethodName: guard.Template,
	pb.TemplateService_GetTemplate_FullMethodName:     guard.Read,
	pb.TemplateService_ListTemplates_FullMethodName:   guard.Read,

	pb.AssetService_UploadAsset_FullMethodName: guard.Template,
	pb.AssetService_DeleteAsset_FullMethodName: guard.Template,
	pb.AssetService_GetAsset_FullMethodName:    guard.Read,
	pb.AssetService_ListAssets_FullMethodName:  guard.Read,

	healthpb.Health_Check_FullMethodName: everybody,
	healthpb.Health_List_FullMethodName:  everybody,
	healthpb.Health_Watch_FullMethodName: everybody,

	reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName:      guard.Read,
	reflectionalphapb.ServerReflection_ServerReflectionInfo_FullMethodName: guard.Read,
}

// need returns what a call needs. One that nobody listed needs everything: a scope that
// no single one is.
func need(method string) guard.Scope {
	if scope, ok := scopes[method]; ok {
		return scope
	}
	return guard.Mix | guard.Template
}
