package dev.meshctl.cli.demo;

/** Something else was observed than what had to be. The message says what. */
final class DemoFailure extends Exception {
    DemoFailure(String message) {
        super(message);
    }

    DemoFailure(String message, Throwable cause) {
        super(message, cause);
    }

    static void unless(boolean holds, String otherwise) throws DemoFailure {
        if (!holds) {
            throw new DemoFailure(otherwise);
        }
    }
}
