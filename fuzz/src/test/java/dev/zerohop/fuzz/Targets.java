package dev.zerohop.fuzz;

import dev.zerohop.config.ConfigurationFuzz;
import dev.zerohop.dns.DnsFuzz;
import dev.zerohop.etcd.service.EtcdValuesFuzz;
import dev.zerohop.etcd.service.EtcdViewsFuzz;
import dev.zerohop.gateway.HeadsFuzz;
import dev.zerohop.kubernetes.ObjectsFuzz;
import dev.zerohop.okhttp.AnswersFuzz;
import dev.zerohop.okhttp.KeysFuzz;
import dev.zerohop.resolver.EndpointsFuzz;
import dev.zerohop.resolver.LastGoodFuzz;
import dev.zerohop.resolver.SlicesFuzz;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** All fuzz targets, and the inputs that are kept for each. */
final class Targets {
    static final List<Class<?>> ALL = List.of(
            TargetFuzz.class,
            ConfigurationFuzz.class,
            EndpointsFuzz.class,
            LastGoodFuzz.class,
            SlicesFuzz.class,
            KeysFuzz.class,
            AnswersFuzz.class,
            EtcdValuesFuzz.class,
            EtcdViewsFuzz.class,
            HeadsFuzz.class,
            DnsFuzz.class,
            ObjectsFuzz.class);

    private Targets() {}

    /** Where the seeds of a target are, and what was once found. */
    static Path seeds(Class<?> target) {
        return Path.of("src/test/seeds", target.getSimpleName()).toAbsolutePath();
    }

    /** They, in order. */
    static List<Path> inputs(Class<?> target) {
        try (Stream<Path> files = Files.list(seeds(target))) {
            return files.sorted().toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Runs a target once, as the fuzzer does. */
    static void run(Class<?> target, byte[] input) throws Throwable {
        try {
            target.getMethod("fuzzerTestOneInput", byte[].class).invoke(null, (Object) input);
        } catch (java.lang.reflect.InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
