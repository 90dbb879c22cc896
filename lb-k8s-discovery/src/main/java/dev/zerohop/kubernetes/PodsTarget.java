package dev.zerohop.kubernetes;

import dev.zerohop.Target;
import org.jspecify.annotations.Nullable;

/**
 * A {@code k8s-pods} target, parsed.
 *
 * @param namespace null if it names none
 * @param labels a label selector, or null for all pods
 * @param image the name of an image, or null for any
 * @param port a container's port: its name or a number
 */
record PodsTarget(
        @Nullable String namespace,
        @Nullable String labels,
        @Nullable String image,
        String port) {
    static final String FORM = "k8s-pods:///namespace?label=app%3Dresnet&image=resnet&port=8080";

    /** Reads {@code k8s-pods:///namespace?label=app%3Dresnet&image=resnet&port=8080}. */
    static PodsTarget parse(Target target) {
        target.rejectAuthority(FORM);
        int from = Math.min(target.pathPosition(), target.text().length());
        String namespace = target.path().isEmpty()
                ? null
                : target.decoded(from, from + target.path().length());
        if (namespace != null && !Names.isLabel(namespace)) {
            throw target.error(from, "found namespace '" + namespace + "', expected " + FORM);
        }
        String labels = null;
        String image = null;
        String port = null;
        for (Target.Parameter parameter : target.parameters()) {
            if (parameter.value().isBlank()) {
                throw target.error(
                        parameter.valuePosition(), "parameter '" + parameter.name() + "' was empty, expected " + FORM);
            }
            switch (parameter.name()) {
                case "label" -> labels = parameter.value();
                case "image" -> image = image(target, parameter);
                case "port" -> port = port(target, parameter);
                default ->
                    throw target.error(
                            parameter.position(),
                            "found parameter '" + parameter.name() + "', expected label, image or port");
            }
        }
        if (port == null || (labels == null && image == null)) {
            throw target.error(
                    target.text().length(),
                    "found no " + (port == null ? "port" : "label and no image") + ", expected " + FORM);
        }
        return new PodsTarget(namespace, labels, image, port);
    }

    private static String image(Target target, Target.Parameter parameter) {
        String name = parameter.value();
        if (name.indexOf('/') >= 0 || name.indexOf(':') >= 0 || name.indexOf('@') >= 0) {
            throw target.error(
                    parameter.valuePosition(),
                    "found image '" + name
                            + "', expected its name alone, without registry, tag and digest, such as resnet");
        }
        return name;
    }

    private static String port(Target target, Target.Parameter parameter) {
        String port = parameter.value();
        if (!Names.isPort(port)) {
            throw target.error(
                    parameter.valuePosition(),
                    "found port '" + port
                            + "', expected a container port's name such as grpc, or a number from 1 to 65535");
        }
        return port;
    }

    /** The port as a number; 0 if it is a name. */
    int portNumber() {
        return Names.portNumber(port);
    }

    /** The target in canonical form. */
    String canonical() {
        return String.join("\n", "k8s-pods:///" + namespace, "label=" + labels, "image=" + image, "port=" + port);
    }

    /** The same in a namespace. */
    PodsTarget in(String someNamespace) {
        return new PodsTarget(someNamespace, labels, image, port);
    }
}
