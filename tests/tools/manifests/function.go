package main

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

// OpenFunction's module cannot be imported: its path names no repository. These are the members of its Function 1.2 that a
// manifest of ours may have, and what its controller makes of them.

type function[Serving any] struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Version string  `json:"version"`
		Image   string  `json:"image"`
		Port    int32   `json:"port"` // v1beta1 only
		Serving Serving `json:"serving"`
	} `json:"spec"`
}

type componentSpec struct {
	Type         string `json:"type"`
	Version      string `json:"version"`
	IgnoreErrors bool   `json:"ignoreErrors"`
	InitTimeout  string `json:"initTimeout"`
	Metadata     []struct {
		Name         string            `json:"name"`
		Value        string            `json:"value"`
		EnvRef       string            `json:"envRef"`
		SecretKeyRef map[string]string `json:"secretKeyRef"`
	} `json:"metadata"`
}

type scaleTrigger struct {
	Type     string            `json:"type"`
	Metadata map[string]string `json:"metadata"`
}

// What both versions have.
type common struct {
	Bindings    map[string]componentSpec `json:"bindings"`
	Pubsub      map[string]componentSpec `json:"pubsub"`
	Params      map[string]string        `json:"params"`
	Annotations map[string]string        `json:"annotations"`
	Template    *corev1.PodSpec          `json:"template"`
}

type daprRef struct {
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Topic      string            `json:"topic"`
	InputName  string            `json:"inputName"`
	OutputName string            `json:"outputName"`
	Operation  string            `json:"operation"`
	Metadata   map[string]string `json:"metadata"`
}

type v1beta2 struct {
	common   `json:",inline"`
	Triggers struct {
		HTTP *struct {
			Port int32 `json:"port"`
		} `json:"http"`
		Dapr   []daprRef `json:"dapr"`
		Inputs []struct {
			Dapr daprRef `json:"dapr"`
		} `json:"inputs"`
	} `json:"triggers"`
	Outputs []struct {
		Dapr daprRef `json:"dapr"`
	} `json:"outputs"`
	States map[string]struct {
		Spec *componentSpec `json:"spec"`
	} `json:"states"`
	ScaleOptions struct {
		MinReplicas int32             `json:"minReplicas"`
		MaxReplicas int32             `json:"maxReplicas"`
		Knative     map[string]string `json:"knative"`
		Keda        *struct {
			ScaledObject struct {
				PollingInterval int32 `json:"pollingInterval"`
				CooldownPeriod  int32 `json:"cooldownPeriod"`
			} `json:"scaledObject"`
			Triggers []scaleTrigger `json:"triggers"`
		} `json:"keda"`
	} `json:"scaleOptions"`
	Hooks struct {
		Policy string   `json:"policy"`
		Pre    []string `json:"pre"`
		Post   []string `json:"post"`
	} `json:"hooks"`
	Tracing *struct {
		Enabled  bool `json:"enabled"`
		Provider *struct {
			Name      string            `json:"name"`
			OapServer string            `json:"oapServer"`
			Exporter  map[string]string `json:"exporter"`
		} `json:"provider"`
		Tags    map[string]string `json:"tags"`
		Baggage map[string]string `json:"baggage"`
	} `json:"tracing"`
}

type daprIO struct {
	Name      string            `json:"name"`
	Component string            `json:"component"`
	Topic     string            `json:"topic"`
	Operation string            `json:"operation"`
	Params    map[string]string `json:"params"`
}

type v1beta1 struct {
	common       `json:",inline"`
	Runtime      string                   `json:"runtime"`
	Inputs       []daprIO                 `json:"inputs"`
	Outputs      []daprIO                 `json:"outputs"`
	States       map[string]componentSpec `json:"states"`
	Triggers     []scaleTrigger           `json:"triggers"`
	ScaleOptions struct {
		MinReplicas int32             `json:"minReplicas"`
		MaxReplicas int32             `json:"maxReplicas"`
		Knative     map[string]string `json:"knative"`
		Keda        *struct {
			ScaledObject struct {
				WorkloadType    string `json:"workloadType"`
				PollingInterval int32  `json:"pollingInterval"`
				CooldownPeriod  int32  `json:"cooldownPeriod"`
				MinReplicaCount int32  `json:"minReplicaCount"`
				MaxReplicaCount int32  `json:"maxReplicaCount"`
			} `json:"scaledObject"`
		} `json:"keda"`
	} `json:"scaleOptions"`
}

// knativeServiceOf does what the controller does for a function without triggers of Dapr (pkg/core/serving/knative).
func knativeServiceOf(meta metav1.ObjectMeta, image string, port int32, c common, options map[string]string) *servingv1.Service {
	annotations := map[string]string{}
	for _, from := range []map[string]string{c.Annotations, options} {
		for key, value := range from {
			annotations[key] = value
		}
	}
	service := &servingv1.Service{ObjectMeta: metav1.ObjectMeta{Name: meta.Name, Namespace: "default"}}
	template := &service.Spec.Template
	template.Annotations = annotations
	if limit, err := strconv.ParseInt(annotations["autoscaling.knative.dev/container-concurrency"], 10, 64); err == nil {
		template.Spec.ContainerConcurrency = &limit
	}
	template.Spec.PodSpec = *c.Template.DeepCopy()
	container := functionContainer(&template.Spec.PodSpec)
	container.Image = image
	container.Ports = append(container.Ports, corev1.ContainerPort{ContainerPort: port})
	for key, value := range c.Params {
		container.Env = append(container.Env, corev1.EnvVar{Name: key, Value: value})
	}
	return service
}

func functionContainer(spec *corev1.PodSpec) *corev1.Container {
	for index := range spec.Containers {
		if spec.Containers[index].Name == "function" {
			return &spec.Containers[index]
		}
	}
	spec.Containers = append(spec.Containers, corev1.Container{Name: "function"})
	return &spec.Containers[len(spec.Containers)-1]
}

func (j *judges) function(document []byte, version string, v *verdict) error {
	switch version {
	case "v1beta2":
		var f function[v1beta2]
		if err := yaml.UnmarshalStrict(document, &f); err != nil {
			return err
		}
		serving := &f.Spec.Serving
		v.by("pod security", j.restricted(serving.Template))
		if len(serving.Triggers.Dapr) == 0 {
			v.by("knative", knativeService(knativeServiceOf(f.ObjectMeta, f.Spec.Image, serving.Triggers.HTTP.Port, serving.common,
				serving.ScaleOptions.Knative)))
		}
	case "v1beta1":
		var f function[v1beta1]
		if err := yaml.UnmarshalStrict(document, &f); err != nil {
			return err
		}
		serving := &f.Spec.Serving
		v.by("pod security", j.restricted(serving.Template))
		if serving.Runtime == "knative" {
			v.by("knative", knativeService(knativeServiceOf(f.ObjectMeta, f.Spec.Image, f.Spec.Port, serving.common,
				serving.ScaleOptions.Knative)))
		}
	default:
		return fmt.Errorf("unknown version %q", version)
	}
	return nil
}
