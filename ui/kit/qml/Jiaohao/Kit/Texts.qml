pragma Singleton
import QtQuick

// The texts of the running program in one language, set from Python (ui/kit/theme.py).
QtObject {
    property var table: ({})

    function of(key: string): string {
        const text = table[key];
        if (text === undefined)
            throw new Error("no text for " + key);
        return text;
    }
}
