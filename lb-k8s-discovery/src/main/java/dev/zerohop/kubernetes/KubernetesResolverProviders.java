package dev.zerohop.kubernetes;

import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;

/** The providers of this module, for {@link java.util.ServiceLoader}; programs use {@link Target#newResolver}. */
public final class KubernetesResolverProviders {

    private KubernetesResolverProviders() {}

    /**
     * {@code k8s:///namespace/service:port}: the pods behind a service, by its EndpointSlices. All targets of a process share one client, which
     * {@link KubernetesDiscovery#useForTargets} configures. Its TLS name is {@code service.namespace.svc}.
     */
    public static final class K8sTargets implements ResolverProvider {

        /** For the service loader. */
        public K8sTargets() {}

        @Override
        public String scheme() {
            return "k8s";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            return resolver(target, env);
        }

        @Override
        public String tlsName(Target target) {
            ServiceTarget named = named(target, KubernetesDiscovery.optionsForTargets());
            return named.service() + "." + named.namespace() + ".svc";
        }
    }

    /**
     * {@code k8s-pods:///namespace?label=app%3Dresnet&image=resnet&port=8080}: the pods of a namespace that have the labels, run the image, or both. An image
     * matches by the last segment of its name, without tag and digest. It shares its client with the other targets of the process; its TLS name must be
     * configured.
     */
    public static final class K8sPodsTargets implements ResolverProvider {

        /** For the service loader. */
        public K8sPodsTargets() {}

        @Override
        public String scheme() {
            return "k8s-pods";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            return resolver(target, env);
        }
    }

    private static Resolver resolver(Target target, Env env) {
        KubernetesOptions options = KubernetesDiscovery.optionsForTargets();
        return resolver(target, options, env, new SharedClient(options, env));
    }

    /** A resolver of a target of either scheme, not started yet. */
    static Resolver resolver(Target target, KubernetesOptions options, Env env, WatchingResolver.Source source) {
        if (target.scheme().equals("k8s-pods")) {
            return new PodsResolver(target.text(), podsNamed(target, options), env, source, Locality.ofThisProcess());
        }
        if (!target.scheme().equals("k8s")) {
            throw target.error(0, "found scheme '" + target.scheme() + "', expected " + ServiceTarget.FORM);
        }
        ServiceTarget named = named(target, options);
        return new ServiceResolver(target.text(), named, env, source, new StatefulSetOrdinals(named));
    }

    static PodsTarget podsNamed(Target target, KubernetesOptions options) {
        PodsTarget parsed = PodsTarget.parse(target);
        return parsed.namespace() != null ? parsed : parsed.in(namespace(target, options, PodsTarget.FORM));
    }

    static ServiceTarget named(Target target, KubernetesOptions options) {
        ServiceTarget parsed = ServiceTarget.parse(target);
        return parsed.namespace() != null ? parsed : parsed.in(namespace(target, options, ServiceTarget.FORM));
    }

    private static String namespace(Target target, KubernetesOptions options, String form) {
        String namespace = options.namespace();
        if (namespace == null) {
            throw target.error(
                    Math.min(target.pathPosition(), target.text().length()),
                    "found no namespace, and this process does not run in a pod; expected " + form);
        }
        return namespace;
    }
}
