import QtQuick
import Jiaohao.Kit

// A device of this kiosk cannot do it. A number that came to nothing is said to be void.
Notification {
    id: root

    required property var facts

    kind: "alert"
    title: facts.text

    Column {
        visible: root.facts.voidNumber !== ""
        width: parent.width
        spacing: Theme.gap

        NumberText {
            width: parent.width
            text: root.facts.voidNumber
            font.strikeout: true
            font.pixelSize: Theme.textDisplay
            color: Theme.inkSoft
        }

        BiText {
            width: parent.width
            text: ({
                    main: root.kiosk.words.void_number.main + root.joint + root.kiosk.words.void_advice.main,
                    other: root.kiosk.words.void_number.other
                })
            align: Text.AlignHCenter
            color: Theme.inkSoft
        }
    }

    readonly property string joint: "  "
}
