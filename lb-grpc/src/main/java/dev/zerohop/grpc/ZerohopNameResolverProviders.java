package dev.zerohop.grpc;

import dev.zerohop.Log;
import dev.zerohop.Target;
import java.util.ArrayList;
import java.util.List;

/**
 * One name resolver provider for each scheme that zerohop knows, and for the first four, in alphabetical order, of the others that a {@link dev.zerohop.ResolverProvider} of the
 * application brings: gRPC makes one provider of each class that it finds, and asks it for one scheme. {@link ZerohopGrpc#register} has no such limit. Where the module that brings the scheme's {@link dev.zerohop.ResolverProvider} is not on
 * the class path, building a channel fails with its name. Found by {@link java.util.ServiceLoader}; applications do not use them.
 */
public final class ZerohopNameResolverProviders {
    private static final Log LOG = Log.of(ZerohopNameResolverProviders.class);

    private ZerohopNameResolverProviders() {}

    /** Those of zerohop and of all that the application brings. */
    static List<SchemeProvider> all() {
        List<SchemeProvider> all = new ArrayList<>(own());
        others().forEach(scheme -> all.add(new SchemeProvider(scheme)));
        return all;
    }

    private static List<SchemeProvider> own() {
        return List.of(
                new Static(),
                new File(),
                new RefreshingDns(),
                new RefreshingDnsSrv(),
                new Kubernetes(),
                new KubernetesPods(),
                new Etcd(),
                new EtcdWeights(),
                new EtcdSlices(),
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

    /** {@code etcd-slices:} targets. */
    public static final class EtcdSlices extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public EtcdSlices() {
            super("etcd-slices");
        }
    }

    /** {@code golb:} targets. */
    public static final class Golb extends SchemeProvider {
        /** For {@link java.util.ServiceLoader}. */
        public Golb() {
            super("golb");
        }
    }

    private static List<String> others() {
        List<String> others = new ArrayList<>(Target.schemes());
        own().forEach(provider -> others.remove(provider.getScheme()));
        return others;
    }

    /** A scheme of the application, by its place among them; not available if there are fewer. */
    abstract static class Other extends SchemeProvider {
        private Other(int place) {
            super(others().stream().skip(place).findFirst().orElse(""));
        }

        @Override
        protected final boolean isAvailable() {
            return !getScheme().isEmpty();
        }
    }

    /** The first scheme of the application. */
    public static final class Other1 extends Other {
        /** For {@link java.util.ServiceLoader}. */
        public Other1() {
            super(0);
        }
    }

    /** The second scheme of the application. */
    public static final class Other2 extends Other {
        /** For {@link java.util.ServiceLoader}. */
        public Other2() {
            super(1);
        }
    }

    /** The third scheme of the application. */
    public static final class Other3 extends Other {
        /** For {@link java.util.ServiceLoader}. */
        public Other3() {
            super(2);
        }
    }

    /** The fourth scheme of the application. */
    public static final class Other4 extends Other {
        /** For {@link java.util.ServiceLoader}. */
        public Other4() {
            super(3);
            List<String> more = others();
            if (more.size() > 4) {
                LOG.warn(
                        "gRPC finds no resolver for {} by itself: call ZerohopGrpc.register() before the first channel",
                        more.subList(4, more.size()));
            }
        }
    }
}
