package dev.zerohop.benchmarks.report;

/** How a library looks in all plots: its name for people, its colour and its marker, so that it can be told from others without colours too. */
enum Look {
    ZEROHOP("zerohop", "zerohop", "#0b5cad", Marker.CIRCLE),
    GRPC("grpc", "grpc-java", "#c75300", Marker.SQUARE),
    ARMERIA("armeria", "Armeria", "#1a7f4b", Marker.TRIANGLE),
    SERVICETALK("servicetalk", "ServiceTalk", "#7d3fa6", Marker.DIAMOND),
    FINAGLE("finagle", "Finagle", "#a61c3c", Marker.DIAMOND),
    OKHTTP("okhttp", "OkHttp, one server", "#1a7f4b", Marker.TRIANGLE),
    PROXY("proxy", "a proxy between", "#8a6a1f", Marker.DIAMOND),
    FLOOR("floor", "floor: a bare array", "#666666", Marker.CROSS);

    enum Marker {
        CIRCLE,
        SQUARE,
        TRIANGLE,
        DIAMOND,
        CROSS
    }

    final String library;
    final String label;
    final String colour;
    final Marker marker;

    Look(String library, String label, String colour, Marker marker) {
        this.library = library;
        this.label = label;
        this.colour = colour;
        this.marker = marker;
    }

    static Look of(String library) {
        for (Look look : values()) {
            if (look.library.equals(library)) {
                return look;
            }
        }
        throw new IllegalArgumentException("no look is chosen for the library '" + library + "'");
    }
}
