package dev.zerohop.grpc;

import java.util.List;

/**
 * One name resolver provider for each scheme that zerohop knows. Where the module that brings the scheme's {@link dev.zerohop.ResolverProvider} is not on
 * the class path, building a channel fails with its name. Found by {@link java.util.ServiceLoader}; applications do not use them.
 */
public final class ZerohopNameResolverProviders {

    private ZerohopNameResolverProviders() {}

    static List<SchemeProvider> all() {
        return List.of(
                new Static(),
                new File(),
                new RefreshingDns(),
                new RefreshingDnsSrv(),
                new Kubernetes(),
                new KubernetesPods(),
                new Etcd(),
                new EtcdWeights(),
                new Golb());
    }

    /** {@code static:} targets. */
    public static final class Static extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public Static() {
            super("static");
        }
    }

    /** {@code file:} targets. */
    public static final class File extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public File() {
            super("file");
        }
    }

    /** {@code refreshing-dns:} targets. */
    public static final class RefreshingDns extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public RefreshingDns() {
            super("refreshing-dns");
        }
    }

    /** {@code refreshing-dns+srv:} targets. */
    public static final class RefreshingDnsSrv extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public RefreshingDnsSrv() {
            super("refreshing-dns+srv");
        }
    }

    /** {@code k8s:} targets. */
    public static final class Kubernetes extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public Kubernetes() {
            super("k8s");
        }
    }

    /** {@code k8s-pods:} targets. */
    public static final class KubernetesPods extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public KubernetesPods() {
            super("k8s-pods");
        }
    }

    /** {@code etcd:} targets. */
    public static final class Etcd extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public Etcd() {
            super("etcd");
        }
    }

    /** {@code etcd-weights:} targets. */
    public static final class EtcdWeights extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public EtcdWeights() {
            super("etcd-weights");
        }
    }

    /** {@code golb:} targets. */
    public static final class Golb extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public Golb() {
            super("golb");
        }
    }
}
