package dev.zerohop.etcd.support;

import dev.zerohop.etcd.client.KeyRange;
import io.etcd.jetcd.api.Permission;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;

/** The roles that docs/etcd.md tells operators to make: the tests run with what stands there and nothing else. */
public final class DocumentedRoles {
    private static final Pattern GRANT =
            Pattern.compile("etcdctl role grant-permission (\\S+) (read|readwrite) --prefix (\\S+)");

    private DocumentedRoles() {}

    /** Grants a role of the test what the documented one may; {@code status} for a reading client that also says what it refuses. */
    public static void grant(EtcdServer etcd, String documented, String role, boolean status) {
        String text;
        try {
            text = Files.readString(Checkout.path("docs", "etcd.md"));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        List<String[]> grants = GRANT.matcher(text)
                .results()
                .filter(line -> line.group(1).equals(documented))
                .filter(line -> status || !line.group(3).endsWith("/status/"))
                .map(line -> new String[] {line.group(2), line.group(3)})
                .toList();
        if (grants.isEmpty()) {
            throw new AssertionError("docs/etcd.md grants nothing to the role " + documented);
        }
        for (String[] grant : grants) {
            etcd.grant(
                    role,
                    grant[0].equals("read") ? Permission.Type.READ : Permission.Type.READWRITE,
                    KeyRange.under(grant[1]));
        }
    }
}
