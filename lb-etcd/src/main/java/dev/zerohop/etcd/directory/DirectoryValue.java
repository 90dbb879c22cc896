package dev.zerohop.etcd.directory;

import dev.zerohop.KeyDirectory.Owner;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One entry of a directory: {@code {"endpoint": "<id>"}} or {@code {"ordinal": n}}. */
final class DirectoryValue {
    private static final String EXPECTED = "exactly one of endpoint and ordinal";

    private DirectoryValue() {}

    /** Reads an entry; throws an {@link IOException} to reject it. */
    static Owner parse(byte[] utf8) throws IOException {
        List<Owner> owners = new ArrayList<>();
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "endpoint" -> {
                    String id = in.anyText(name);
                    if (id.isBlank() || Printable.problem(id, Printable.MAX_NAME) != null) {
                        throw in.rejected(name, "the id of an endpoint");
                    }
                    owners.add(Owner.endpoint(id));
                }
                case "ordinal" -> owners.add(Owner.ordinal(in.integer(name, 0, Integer.MAX_VALUE)));
                default -> throw JsonReader.unknown(name, EXPECTED);
            }
        });
        if (owners.size() != 1) {
            throw new IOException((owners.isEmpty() ? "the object was empty" : "endpoint and ordinal were both given")
                    + ", expected " + EXPECTED);
        }
        return owners.get(0);
    }
}
