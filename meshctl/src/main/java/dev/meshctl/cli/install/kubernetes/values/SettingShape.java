package dev.meshctl.cli.install.kubernetes.values;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The settings of one record class, in their order. */
final class SettingShape {
    /** One setting or group. */
    record Part(String name, Class<?> type, Class<?> item, Setting setting) {
        boolean isGroup() {
            return type.isRecord();
        }

        /** The default of a profile, as YAML. */
        String yaml(Profile profile) {
            String own = switch (profile) {
                case MINIMAL -> setting.minimal();
                case HA -> setting.ha();
                case DEFAULT -> Setting.SAME;
            };
            return own.equals(Setting.SAME) ? setting.is() : own;
        }
    }

    private SettingShape() {}

    static List<Part> of(Class<?> type) {
        List<Part> parts = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = component.getAnnotation(Setting.class);
            if (setting == null) {
                throw new IllegalStateException(type.getName() + "." + component.getName() + " is no setting");
            }
            parts.add(new Part(component.getName(), component.getType(), item(component.getGenericType()), setting));
        }
        return parts;
    }

    /** @throws IllegalArgumentException if the record's own rules refuse the values */
    static Object create(Class<?> type, List<Object> values) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return MethodHandles.lookup().unreflectConstructor(type.getDeclaredConstructor(types)).invokeWithArguments(values);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(type.getName() + " cannot be made", e);
        }
    }

    private static Class<?> item(Type type) {
        if (!(type instanceof ParameterizedType generic)) {
            return Void.class;
        }
        Type[] arguments = generic.getActualTypeArguments();
        return (Class<?>) arguments[arguments.length - 1];
    }
}
