package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** The JSON form of one endpoint, as in an endpoints file; for sources that store each endpoint by itself. Stateless and thread-safe. */
public final class EndpointJson {
    private static final String PATH = "endpoint";

    private EndpointJson() {}

    /**
     * Reads one endpoint.
     *
     * @param id the name under which the source keeps the value; the value may repeat it
     * @param utf8 the value
     * @throws IllegalArgumentException if anything is wrong with the value; the message names the path, what was found and what was expected
     */
    public static Endpoint parse(String id, byte[] utf8) {
        requireNonNull(id, "id");
        Endpoint endpoint;
        try {
            endpoint = JsonReader.value(new ByteArrayInputStream(utf8), in -> EndpointsJson.endpoint(in, PATH, true));
        } catch (IOException refused) {
            throw new IllegalArgumentException(refused.getMessage(), refused);
        }
        boolean unnamed = endpoint.id().equals(endpoint.address());
        if (!unnamed && !endpoint.id().equals(id)) {
            throw new IllegalArgumentException(PATH + ".id was \"" + endpoint.id() + "\", expected \""
                    + Printable.text(id, Printable.MAX_NAME) + "\", under which it is kept, or none");
        }
        return endpoint.toBuilder().id(id).build();
    }

    /**
     * Writes what {@link #parse} reads.
     *
     * @throws IllegalArgumentException if the endpoint's host is neither an IP address nor a host name
     */
    public static String write(Endpoint endpoint) {
        if (!HostPort.isLiteral(endpoint.host())) {
            try {
                HostPort.checkHost(endpoint.host(), 0);
            } catch (HostPort.Malformed malformed) {
                throw new IllegalArgumentException("endpoint " + endpoint.id() + ": host: " + malformed.problem());
            }
        }
        return JsonWriter.value(out -> EndpointsJson.write(out, endpoint));
    }
}
