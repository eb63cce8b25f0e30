package dev.meshctl.control.shift;

/** Why a shift cannot be carried out; the reason of its condition. */
enum Failure {
    /** No rule of the service's routes can take the weights. */
    NOTHING_TO_SHIFT("NothingToShift"),
    /** Somebody else writes the routes too, and does not stop. */
    ROUTE_CONTESTED("RouteContested"),
    /** The store does not take the routes. */
    ROUTE_REFUSED("RouteRefused");

    private final String word;

    Failure(String word) {
        this.word = word;
    }

    String word() {
        return word;
    }
}
