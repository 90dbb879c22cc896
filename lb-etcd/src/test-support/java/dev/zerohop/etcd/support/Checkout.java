package dev.zerohop.etcd.support;

import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout that the tests run in, from whichever module. */
final class Checkout {
    private Checkout() {}

    static Path path(String first, String... more) {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isExecutable(root.resolve("build-support").resolve("etcd.sh"))) {
            root = root.getParent();
        }
        return root.resolve(Path.of(first, more));
    }
}
