package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import java.util.List;

/** The providers of this module, for {@link java.util.ServiceLoader}; a program reaches them through {@link Target#newResolver}. */
public final class EtcdResolverProviders {

    private EtcdResolverProviders() {}

    /**
     * {@code etcd://host:2379,host:2379/service}: a service of the etcd layout. What vanishes without having been seen draining is guarded. Its TLS name is
     * the service.
     */
    public static final class EtcdTargets implements ResolverProvider {
        private static final String FORM = "one name, the service, as in etcd://host:2379/service";

        /** For the service loader. */
        public EtcdTargets() {}

        @Override
        public String scheme() {
            return "etcd";
        }

        @Override
        public Resolver newResolver(Target target, Env env) {
            List<HostAndPort> servers = EtcdTarget.servers(target);
            ServiceKeys keys = new ServiceKeys(service(target));
            Resolver endpoints = new EtcdResolver(
                    target.text(),
                    EndpointSet.Removals.GUARDED,
                    new ServiceView(keys),
                    env,
                    subscriber -> SharedClients.OF_THE_PROCESS.follow(servers, env, keys.followed(), subscriber));
            return new DirectoryResolver(
                    endpoints, env, refusals -> SharedClients.OF_THE_PROCESS.directory(servers, env, keys, refusals));
        }

        @Override
        public String tlsName(Target target) {
            return service(target);
        }

        private static String service(Target target) {
            return EtcdTarget.segments(target, 1, FORM).get(0);
        }
    }

    /**
     * {@code golb://host:2379/zone/function}: a function as golb keeps it. The zone must match exactly; what its owner takes out is gone at once. Its
     * TLS name must be stated.
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
            List<HostAndPort> servers = EtcdTarget.servers(target);
            List<String> names = EtcdTarget.segments(target, 2, FORM);
            GolbView view = new GolbView(names.get(0), names.get(1));
            return new EtcdResolver(
                    target.text(),
                    EndpointSet.Removals.MEANT,
                    view,
                    env,
                    subscriber -> SharedClients.OF_THE_PROCESS.follow(servers, env, view.followed(), subscriber));
        }
    }
}
