package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.EtcdTarget;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.golb.GolbResolver;
import dev.zerohop.etcd.service.ServiceResolver;
import java.util.List;

/** The providers of this module, for {@link java.util.ServiceLoader}; a program uses {@link Target#newResolver}. */
public final class EtcdResolverProviders {

    private EtcdResolverProviders() {}

    /**
     * {@code etcd://host:2379,host:2379/service}: a service of the etcd layout. Endpoints that vanish without draining are guarded. Its TLS name is the service.
     */
    public static final class EtcdTargets implements ResolverProvider {
        /** For the service loader. */
        public EtcdTargets() {}

        @Override
        public String scheme() {
            return "etcd";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            List<HostAndPort> servers = EtcdTarget.servers(target);
            String service = EtcdTarget.service(target);
            return ServiceResolver.of(
                    target.text(), ClientSource.shared(servers, env), service, DirectoryOptions.DEFAULTS);
        }

        @Override
        public String tlsName(Target target) {
            return EtcdTarget.service(target);
        }
    }

    /**
     * {@code golb://host:2379/zone/function}: a function of golb. The zone must match exactly; removed endpoints are gone at once. Its TLS name must be
     * configured.
     */
    public static final class GolbTargets implements ResolverProvider {
        private static final String FORM = "a zone and a function, as in golb://host:2379/zone/function";

        /** For the service loader. */
        public GolbTargets() {}

        @Override
        public String scheme() {
            return "golb";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            ClientSource source = ClientSource.shared(EtcdTarget.servers(target), env);
            List<String> names = EtcdTarget.segments(target, 2, FORM);
            return new GolbResolver(target.text(), source, names.get(0), names.get(1));
        }
    }

    /**
     * {@code etcd-weights://host:2379/service?of=<target>}: the endpoints of another target, percent-encoded, with the weights of a service; see
     * {@link EtcdWeights}. Its TLS name is the other target's.
     */
    public static final class EtcdWeightsTargets implements ResolverProvider {
        private static final String FORM =
                "one name, the service, as in etcd-weights://host:2379/service?of=refreshing-dns%3A%2F%2F%2Forders%3A8080";

        /** For the service loader. */
        public EtcdWeightsTargets() {}

        @Override
        public String scheme() {
            return "etcd-weights";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            ClientSource source = ClientSource.shared(EtcdTarget.servers(target), env);
            String service = EtcdTarget.path(target, 1, FORM).get(0);
            return EtcdWeights.over(target.text(), of(target, FORM).newResolver(env), source, service);
        }

        @Override
        public String tlsName(Target target) {
            Target members = of(target, FORM);
            return members.provider().tlsName(members);
        }
    }

    /**
     * {@code etcd-slices://host:2379/service?of=<target>}: the endpoints of another target, percent-encoded, with the assignment of keys of a service; see
     * {@link EtcdSlices}. Its TLS name is the other target's.
     */
    public static final class EtcdSlicesTargets implements ResolverProvider {
        private static final String FORM =
                "one name, the service, as in etcd-slices://host:2379/service?of=k8s%3A%2F%2F%2Fshop%2Forders%3Ahttp";

        /** For the service loader. */
        public EtcdSlicesTargets() {}

        @Override
        public String scheme() {
            return "etcd-slices";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            ClientSource source = ClientSource.shared(EtcdTarget.servers(target), env);
            String service = EtcdTarget.path(target, 1, FORM).get(0);
            return EtcdSlices.over(target.text(), of(target, FORM).newResolver(env), source, service);
        }

        @Override
        public String tlsName(Target target) {
            Target members = of(target, FORM);
            return members.provider().tlsName(members);
        }
    }

    /** The target over which something of etcd is laid: one of another source. */
    private static Target of(Target target, String form) {
        Target members = null;
        for (Target.Parameter parameter : target.parameters()) {
            if (!parameter.name().equals("of")) {
                throw target.error(
                        parameter.position(),
                        "found the parameter '" + parameter.name()
                                + "', expected of, the target whose endpoints are taken");
            }
            members = Target.parse(parameter.value());
            if (members.scheme().equals("etcd") || members.scheme().equals(target.scheme())) {
                throw target.error(
                        parameter.valuePosition(),
                        "found '" + parameter.value()
                                + "', expected a target of another source: a service of etcd has its own already");
            }
        }
        if (members == null) {
            throw target.error(target.queryPosition(), "found no parameter 'of', expected " + form);
        }
        return members;
    }
}
