package dev.zerohop.compat;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;

/** The transports of grpc-java, found by name, since no class path has to have them all. */
enum Transport {
    NETTY("io.grpc.netty.Netty"),
    NETTY_SHADED("io.grpc.netty.shaded.io.grpc.netty.Netty"),
    OKHTTP("io.grpc.okhttp.OkHttp");

    private final String prefix;

    Transport(String prefix) {
        this.prefix = prefix;
    }

    /** Those that this run is about. */
    static List<Transport> all() {
        return Arrays.stream(System.getProperty("compat.transports", "netty").split(","))
                .map(name -> valueOf(name.replace('-', '_').toUpperCase(java.util.Locale.ROOT)))
                .toList();
    }

    ManagedChannelBuilder<?> channel(String target) {
        return (ManagedChannelBuilder<?>) make(
                "ChannelBuilder",
                "forTarget",
                List.of(String.class, ChannelCredentials.class),
                target,
                InsecureChannelCredentials.create());
    }

    ServerBuilder<?> server() {
        return (ServerBuilder<?>) make(
                "ServerBuilder",
                "forPort",
                List.of(int.class, ServerCredentials.class),
                0,
                InsecureServerCredentials.create());
    }

    /** By a method handle: reflection would look at all methods, and some of OkHttp's want classes that are not there. */
    private Object make(String suffix, String method, List<Class<?>> types, Object... arguments) {
        try {
            Class<?> builder = Class.forName(prefix + suffix);
            return MethodHandles.publicLookup()
                    .findStatic(builder, method, MethodType.methodType(builder, types))
                    .invokeWithArguments(arguments);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable missing) {
            throw new IllegalStateException(
                    this + ": " + prefix + suffix + "." + method
                            + " was not found, expected its transport on the class path",
                    missing);
        }
    }
}
