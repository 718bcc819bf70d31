pragma Singleton
import QtQuick

// Names only: the values are set from Python (ui/kit/theme.py), their one source.
QtObject {
    property color ground
    property color surface
    property color sunken
    property color line
    property color ink
    property color inkSoft
    property color accent
    property color accentPressed
    property color onAccent
    property color accentSoft
    property color accentInk
    property color highlight
    property color onHighlight
    property color star
    property color starEmpty
    property color ok
    property color okSoft
    property color warn
    property color warnSoft
    property color alert
    property color alertSoft

    property real mm
    property int touch
    property int gap
    property int space
    property int margin
    property int radius
    property int hairline
    property int textCaption
    property int textBody
    property int textLead
    property int textTitle
    property int textDisplay
    property int textNumber

    property int fastMs
    property int slowMs
    property int flashHalfMs

    property string family
}
