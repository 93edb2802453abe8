// Says what Kubernetes' Pod Security, Knative, Compose and kustomize say about manifests.
//
//	manifests FILE…            one line of JSON for each object of the files
//	manifests -compose FILE    the services that Compose reads
//	manifests -kustomize DIR   the objects that kustomize builds, as YAML
//
// Knative's code is that of its admission webhook, and Pod Security's that of the API server. Both get objects that were decoded
// strictly, so a misspelt key is an error. OpenFunction has no module that can be imported; function.go has what is known of
// its Function.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

type verdict struct {
	File   string   `json:"file"`
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Judges []string `json:"judges"` // whose code has seen the object
	Errors []string `json:"errors"`
}

func (v *verdict) by(judge string, err error) {
	v.Judges = append(v.Judges, judge)
	if err != nil {
		v.Errors = append(v.Errors, judge+": "+err.Error())
	}
}

type judges struct {
	podLevel policy.Evaluator
}

// restricted says what Pod Security's profile "restricted" refuses in the pod.
func (j *judges) restricted(spec *corev1.PodSpec) error {
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(j.podLevel.EvaluatePod(level, &metav1.ObjectMeta{}, spec))
	if result.Allowed {
		return nil
	}
	return errors.New(result.ForbiddenDetail())
}

func knativeService(service *servingv1.Service) error {
	ctx := context.Background()
	service.SetDefaults(ctx)
	if err := service.Validate(ctx); err != nil {
		return err
	}
	return nil
}

func (j *judges) judge(document []byte, v *verdict) error {
	var meta struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
	}
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return err
	}
	v.Kind, v.Name = meta.Kind, meta.Name
	switch meta.GroupVersionKind().Group + "/" + meta.Kind {
	case "apps/Deployment":
		var deployment appsv1.Deployment
		if err := yaml.UnmarshalStrict(document, &deployment); err != nil {
			return err
		}
		v.by("pod security", j.restricted(&deployment.Spec.Template.Spec))
	case "serving.knative.dev/Service":
		var service servingv1.Service
		if err := yaml.UnmarshalStrict(document, &service); err != nil {
			return err
		}
		v.by("pod security", j.restricted(&service.Spec.Template.Spec.PodSpec))
		v.by("knative", knativeService(&service))
	case "core.openfunction.io/Function":
		return j.function(document, meta.GroupVersionKind().Version, v)
	}
	return nil
}

func judgeFiles(files []string) error {
	podLevel, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return err
	}
	j := &judges{podLevel}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
		for {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if len(bytes.TrimSpace(document)) == 0 {
				continue
			}
			v := verdict{File: file, Judges: []string{}, Errors: []string{}}
			if err := j.judge(document, &v); err != nil {
				v.by("decoder", err)
			}
			line, err := json.Marshal(v)
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		}
	}
	return nil
}

func compose(file string) error {
	details := types.ConfigDetails{WorkingDir: ".", ConfigFiles: []types.ConfigFile{{Filename: file}}, Environment: types.Mapping{}}
	project, err := loader.LoadWithContext(context.Background(), details)
	if err != nil {
		return err
	}
	text, err := json.Marshal(project.Services)
	fmt.Println(string(text))
	return err
}

func kustomize(folder string) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	text, err := built.AsYaml()
	fmt.Print(string(text))
	return err
}

func main() {
	composeFile := flag.String("compose", "", "a Compose file")
	folder := flag.String("kustomize", "", "the folder of a kustomization")
	flag.Parse()
	var err error
	switch {
	case *composeFile != "":
		err = compose(*composeFile)
	case *folder != "":
		err = kustomize(*folder)
	default:
		err = judgeFiles(flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
