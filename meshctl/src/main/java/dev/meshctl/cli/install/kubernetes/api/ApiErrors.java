package dev.meshctl.cli.install.kubernetes.api;

import dev.meshctl.cli.CliError;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;

/** What an API server refused, as a user of this command line reads it. */
public final class ApiErrors {
    private ApiErrors() {}

    /** @param where cluster and step */
    public static CliError of(ApiException failure, String where) {
        ApiFailure why = failure.failure();
        return CliError.failed(why.what()).at(where).because(why.why()).next(next(why)).from(failure);
    }

    /** The next step, with the options that there are here. */
    public static String next(ApiFailure why) {
        return switch (why.cause()) {
            case OWNED_BY_OTHERS -> "run it again with --force-conflicts to take these fields over,"
                    + " or with --leave-conflicts to leave them as they are";
            case IMMUTABLE -> "undo the setting, or delete the object and run it again, which makes it anew";
            default -> why.next();
        };
    }
}
